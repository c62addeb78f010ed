// A picture of every page, by day, by night and on a phone: screenshots.mjs --binary FILE --chromium FILE [--modules DIR] --out DIR [--chosen DIR] [--only WORDS]
// With libfaketime the sandbox lives through a month first and every run shows the same days; without it, only today.

import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { crawl } from "./crawl.mjs";
import { ADA, furnishFully } from "./furnished.mjs";
import { House } from "./house.mjs";
import { Visit } from "./visit.mjs";

const { values: given } = parseArgs({
  options: { binary: { type: "string" }, chromium: { type: "string" }, modules: { type: "string" }, out: { type: "string" }, chosen: { type: "string" }, only: { type: "string", default: "" } },
});
const { chromium } = createRequire(resolve(given.modules ?? ".", "x.js"))("playwright-core");

/** A Monday morning that no clock will see again. */
const NOW = Date.parse("2026-03-30T09:41:00Z");
const DAY_MS = 86_400_000;
const DAYS = 30;
const LOOKS = {
  light: { viewport: { width: 1280, height: 800 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: "light", isMobile: true, hasTouch: true },
};
/** What the README shows, as a screen shows it at first. */
const CHOSEN = ["consent-light", "inbox-talk-light", "customer-light", "reports-consent-dark", "consent-phone", "inbox-talk-phone"];
const FIRST = ["Olga", "Tom", "Ida", "Jon", "Mira", "Paul", "Nina", "Theo", "Rosa", "Hugo", "Lena", "Omar"];
const LAST = ["Lind", "Reed", "Moss", "Vale", "Kerr", "Wood", "Hart", "Dunn"];

async function main() {
  await rm(given.out, { recursive: true, force: true });
  await mkdir(given.out, { recursive: true });
  const clock = await Clock.find();
  const house = await House.open(given.binary, { around: clock ? { environment: clock.environment } : {} });
  const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox", "--force-color-profile=srgb", "--font-render-hinting=none"] });
  try {
    const more = await live(house, clock);
    const session = await enter(browser, house);
    for (const [look, how] of Object.entries(LOOKS)) await pictures(browser, house, { look, how, session, clock, more });
  } finally {
    await browser.close();
    await house.close();
    await clock?.close();
  }
  if (given.chosen) for (const name of CHOSEN) await cp(join(given.out, `${name}.png`), join(given.chosen, `${name}.png`));
}

/** A month in which a few people come every day, offers go out, and some have enough. */
async function live(house, clock) {
  const people = [];
  for (let day = DAYS; day > 0 && clock; day -= 1) {
    await clock.reach(NOW - day * DAY_MS, house);
    for (let more = drawn(1, 5); more > 0; more -= 1) people.push(await newcomer(house, people.length));
    if (day % 2 === 0) for (const one of people.filter(() => drawn(1, 3) > 1)) await house.send(one.phone, "spring_sale");
    await house.settle();
    for (const one of people.filter((one) => !one.gone && drawn(1, 60) === 1)) {
      await house.does(one.id, ...(one.at % 3 === 0 ? ["offers", { on: false }] : ["say", { text: ["STOP", "Stop promotions", "unsubscribe"][one.at % 3] }]));
      one.gone = true;
    }
  }
  await clock?.reach(NOW - 50 * 60_000, house);
  const more = await furnishFully(house);
  await clock?.reach(NOW, house);
  await house.hears("ada", "And are you open on Saturday?");
  return more;
}

/** The same numbers in every run. */
let state = 20260330;
function drawn(from, to) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return from + Math.floor((state / 2 ** 32) * (to - from + 1));
}

/** One more person, with a name that nobody has. */
async function newcomer(house, at) {
  const name = `${FIRST[at % FIRST.length]} ${LAST[(at * 5 + Math.floor(at / FIRST.length)) % LAST.length]}`;
  const phone = `+447700900${String(200 + at)}`;
  const { id } = await house.control("POST", "customers", { name, phone: phone.slice(1), language: "en_GB" });
  await house.does(id, "say", { text: "Hello, I would like your offers." });
  const evidence = { source: ["web_form", "shop_till", "trade_fair"][at % 3], wording: "Yes, send me offers on WhatsApp.", locale: "en" };
  await house.api("POST", "/api/v1/events", { to: phone, kind: "opt_in", scope: { category: "marketing" }, evidence });
  const city = ["Leeds", "York", "Bath", "Hull"][at % 4];
  await house.api("PATCH", `/api/v1/contacts/${await house.person(phone)}`, { tags: { add: at % 3 ? ["garden"] : ["tools", "vip"] }, attributes: { city } });
  return { id, phone, at };
}

/** The links that the sandbox gave out a month ago open nothing any more: one more admin comes. */
async function enter(browser, house) {
  const { link } = await house.api("POST", "/api/v1/users", { email: "alba@shop.example", name: "Alba Reyes", role: "admin" });
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.locator("#password").fill("four green garden gates");
  await page.locator("#again").fill("four green garden gates");
  await page.locator("#again").press("Enter");
  await page.locator("nav.nav").waitFor();
  return context.storageState();
}

async function pictures(browser, house, { look, how, session, clock, more }) {
  const context = await browser.newContext({ ...how, storageState: session, locale: "en-GB", timezoneId: "Europe/London", reducedMotion: "reduce", deviceScaleFactor: look === "phone" ? 2 : 1 });
  if (clock) await context.clock.setFixedTime(NOW);
  const visit = new Visit(await context.newPage(), context, house, {});
  visit.expects(404, 422);
  const named = new Map((await crawl(visit)).map((path) => [name(path), path]));
  // Who is shown is chosen: of each kind of page the crawl takes whoever comes first.
  const ada = await house.person(ADA);
  named.set("customer", `/customers/${ada}`);
  for (const [called, path] of Object.entries(more)) named.set(`campaigns-${called}`, path);
  named.set("inbox-talk", `/inbox/${ada}/${house.ready.numbers[0]}`);
  for (const [called, path] of named) {
    if (!new RegExp(given.only).test(`${called}-${look}`)) continue;
    await visit.go(path);
    await visit.page.waitForLoadState("load");
    const chosen = CHOSEN.includes(`${called}-${look}`);
    await visit.page.screenshot({ path: join(given.out, `${called}-${look}.png`), fullPage: !chosen, animations: "disabled" });
  }
  await visit.open(`${house.origin}/login`);
  await context.close();
}

/** What a page is called as a file. */
function name(path) {
  const url = new URL(path, "http://x");
  const words = url.pathname.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, "one").replaceAll(/\d{5,}/g, "talk").split("/").filter(Boolean);
  if (words[0] === "inbox" && words.includes("talk")) words.splice(1, 1);
  const asked = [...url.searchParams.entries()].map(([key, value]) => (key === "bulk" ? `bulk-${value}` : key));
  return [...words, ...asked].join("-").replaceAll("_", "-") || "home";
}

/** The clock of the sandbox, where libfaketime is there to set it. */
class Clock {
  static async find() {
    const folders = await readdir("/usr/lib").catch(() => []);
    for (const folder of folders) {
      const file = `/usr/lib/${folder}/faketime/libfaketimeMT.so.1`;
      if (await readdir(`/usr/lib/${folder}/faketime`).catch(() => null)) return Clock.with(file);
    }
    console.log("no libfaketime here (apt install libfaketime): the pictures show one day, today");
    return null;
  }

  static async with(library) {
    const clock = new Clock();
    clock.folder = await mkdtemp(join(tmpdir(), "consentry-clock-"));
    clock.file = join(clock.folder, "offset");
    await clock.set(NOW - DAYS * DAY_MS);
    clock.environment = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: clock.file, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1", DONT_FAKE_MONOTONIC: "1", TZ: "UTC" };
    return clock;
  }

  /** From now on it is so late there. */
  async set(at) {
    const seconds = (at - Date.now()) / 1_000;
    await writeFile(this.file, `${seconds >= 0 ? "+" : ""}${seconds.toFixed(3)}\n`);
  }

  /** The same for the house and for the simulated Meta, which has a clock of its own. */
  async reach(at, house) {
    const ahead = Math.max(0, Math.round(at - (this.meta ?? NOW - DAYS * DAY_MS)));
    await house.control("POST", "clock", { advance_ms: ahead });
    this.meta = at;
    await this.set(at);
  }

  close() {
    return rm(this.folder, { recursive: true });
  }
}

await main();
