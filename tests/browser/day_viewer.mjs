// A viewer's day: everything can be looked at, nobody can be reached by what is seen, and nothing can be changed.

import { crawl } from "./crawl.mjs";
import { furnishFully } from "./furnished.mjs";
import { until } from "./house.mjs";

/** What must stand nowhere: the numbers without what stands before them, however they are grouped. */
const NUMBERS = ["7700900123", "7700900188", "51998765432", "2025550142", "5555550103", "7700 900123", "99876-5432"];
const USER_IDS = ["70012345678901234567", "70055512345678909876"];

export const tests = {
  async "a viewer's day: reads everything, reaches nobody, changes nothing"({ house, visit, want }) {
    await furnishFully(house);
    const viewer = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = viewer;
    const bodies = [];
    page.on("response", (answer) => {
      if (!answer.url().includes("/live")) bodies.push(answer.text().then((text) => [answer.url(), text]).catch(() => null));
    });
    await viewer.signIn("viewer");
    const pages = await crawl(viewer);
    want(pages.length >= 15, `there is much to look at: ${pages.length} pages`);
    for (const path of pages) {
      const status = await viewer.go(path);
      want(status === 200, `${path}: ${status}`);
      if (path.startsWith("/account")) continue;
      // Trying a journey out sends a script along, and keeps nothing of it.
      want((await page.locator('main form[method=post]:not([action$="/try"])').count()) === 0, `${path} offers no form that changes anything`);
      want((await page.locator("main [role=switch], main .switch").count()) === 0, `${path} offers no switch`);
    }
    const said = (await Promise.all(bodies)).filter(Boolean);
    want(said.length > pages.length, "every answer was read");
    for (const [url, text] of said) noNumber(want, url, text);

    // What is heard while it happens names nobody either.
    await viewer.go("/inbox");
    const news = page.evaluate(async () => {
      const answer = await fetch("/inbox/live");
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      window.isListening = true;
      while (!text.includes("changed")) text += (await reader.read()).value;
      await reader.cancel();
      return text;
    });
    await until(() => page.evaluate(() => window.isListening === true), "somebody listens");
    await house.hears("ada", "One more thing");
    const told = await news;
    want(told.includes("changed"), "news come");
    noNumber(want, "/inbox/live", told);

    // Nobody can be found out by asking for their number, digit by digit.
    const found = async (digits) => (await viewer.go(`/customers?search=%2B${digits}`), page.locator("tbody tr").count());
    want((await found("447700900188")) === (await found("99999999999")), "a number that is looked for is not confirmed");
    want((await page.locator("#search").count()) === 0, "and no field asks for it");

    viewer.expects(403);
    for (const path of ["/settings/users", "/settings/consent", "/import", "/segments/new", "/inbox/texts"]) {
      want((await viewer.go(path)) === 403, `${path} is not for viewers`);
      await page.getByRole("heading", { name: "Your role does not allow this" }).waitFor();
    }
    const ada = await house.person("+447700900123");
    want((await viewer.go(`/customers/${ada}/export`)) === 403, "nobody's data is taken out");
  },

  async "a viewer reads a report of some days, as a chart, a table and a file"({ house, visit, want }) {
    await furnishFully(house);
    const viewer = await visit({ view: "desktop", locale: "en-GB", timezoneId: "Europe/London" });
    const { page } = viewer;
    await viewer.signIn("viewer");
    await viewer.menu("/reports");
    // What happened is counted a moment later.
    await until(async () => (await viewer.go("/reports/consent"), await page.locator(".chart-figure svg").count()) > 0, "opt-outs are counted");
    await page.locator(".tabs a", { hasText: "Opt-ins and opt-outs" }).click();
    const total = page.locator(".stat", { hasText: "Opt-outs" }).first();
    want(Number(await total.locator(".stat-value").innerText()) >= 1, "opt-outs are counted");
    await page.getByText("The same as a table").click();
    want((await page.locator("details tbody tr").count()) >= 7, "a line for each day");

    const took = page.locator(".chart-figure figcaption");
    const csv = await viewer.download(took.getByRole("link", { name: "CSV" }));
    want(/\.csv$/.test(csv.name) && csv.bytes.toString().split("\n").length > 7, "the file has a line for each day");
    const png = await viewer.download(took.getByRole("link", { name: "PNG" }));
    want(png.bytes.subarray(1, 4).toString() === "PNG", "the picture is one");

    await page.locator("#by").selectOption({ label: "Keyword" });
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/by=keyword/);
    want((await page.locator("#by").inputValue()) === "keyword", "the address holds what was asked");

    // A stretch of the past, typed in: nothing happened then, and the page says what to do.
    await page.locator("#from").fill("2021-03-01");
    await page.locator("#to").fill("2021-03-10");
    await page.locator("#to").press("Enter");
    await page.waitForURL(/from=2021-03-01/);
    await page.getByText("Nothing of the kind happened in this time.").waitFor();
    await page.getByRole("link", { name: "Last 7 days" }).click();
    await page.locator(".chart-figure svg").first().waitFor({ state: "attached" });
  },
};

function noNumber(want, where, text) {
  for (const known of [...NUMBERS, ...USER_IDS]) {
    const at = text.indexOf(known);
    want(at < 0, `no full number at ${where}, and there is: …${text.slice(Math.max(0, at - 80), at + 30)}…`);
  }
}
