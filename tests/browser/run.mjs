// What a real browser says of the pages for people: run.mjs --binary FILE --chromium FILE [--modules DIR] [--screens DIR]
// Each test is a sentence. The last line is `browser: N passed, N failed`.

import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { House } from "./house.mjs";
import { tests as hostile } from "./hostile.mjs";
import { tests as inbox } from "./inbox.mjs";
import { tests as join } from "./join.mjs";
import { tests as preference } from "./preference.mjs";
import { tests as receipt } from "./receipt.mjs";
import { tests as story } from "./story.mjs";

const tests = { ...preference, ...join, ...receipt, ...story, ...inbox, ...hostile };

const { values: given } = parseArgs({
  options: {
    binary: { type: "string" },
    chromium: { type: "string" },
    modules: { type: "string" },
    screens: { type: "string" },
    only: { type: "string", default: "" },
  },
});
const load = createRequire(resolve(given.modules ?? ".", "x.js"));
const { chromium } = load("playwright-core");
const axe = load("axe-core");

const VIEWS = {
  phone: { width: 390, height: 844 },
  narrow: { width: 360, height: 740 },
  small: { width: 320, height: 568 },
  desktop: { width: 1280, height: 900 },
  wide: { width: 1600, height: 1000 },
};

/** One page of one browser, watched: whatever goes wrong in it is a finding. */
class Visit {
  constructor(page, context, house) {
    Object.assign(this, { page, context, house, findings: [] });
    page.on("console", (line) => ["error", "warning"].includes(line.type()) && this.findings.push(`console: ${line.text()}`));
    page.on("pageerror", (error) => this.findings.push(`script: ${error.message}`));
    page.on("request", (request) => {
      if (!house.origins.includes(new URL(request.url()).origin)) this.findings.push(`asked elsewhere: ${request.url()}`);
    });
  }

  /** The same visitor with another page that they opened. */
  beside(page) {
    return Object.assign(Object.create(Visit.prototype), this, { page });
  }

  async open(url) {
    const answer = await this.page.goto(url);
    return answer.status();
  }

  /** Nothing is wider than the screen, and axe finds nothing serious. */
  async inspect(name) {
    const width = await this.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    want(width[0] <= width[1], `${name}: the page is ${width[0]} px wide on ${width[1]} px`);
    await this.page.evaluate(axe.source);
    const { violations } = await this.page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
    const told = violations.map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120)).join(" ")}`);
    want(violations.every((one) => !["serious", "critical", "moderate"].includes(one.impact)), `${name}: ${told.join("\n")}`);
    if (given.screens) await this.page.screenshot(this.shot(name));
  }

  /** Where a picture of the page goes, for whoever wants to look at it. */
  shot(name) {
    return { fullPage: true, ...(given.screens && { path: `${given.screens}/${name}.png` }) };
  }

  /** The same for what would come out of a printer. */
  paper(name) {
    return given.screens ? { path: `${given.screens}/${name}.pdf` } : {};
  }
}

export function want(holds, sentence) {
  if (!holds) throw new Error(`wanted: ${sentence}`);
}

async function main() {
  if (given.screens) await mkdir(given.screens, { recursive: true });
  const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox", "--force-color-profile=srgb"] });
  const failed = [];
  let passed = 0;
  for (const [name, test] of Object.entries(tests).filter(([name]) => name.includes(given.only))) {
    const began = Date.now();
    const house = await House.open(given.binary);
    const contexts = [];
    const visit = async ({ view = "phone", scheme = "light", ...rest } = {}) => {
      const context = await browser.newContext({ viewport: VIEWS[view], colorScheme: scheme, deviceScaleFactor: ["desktop", "wide"].includes(view) ? 1 : 2, ...rest });
      contexts.push(context);
      return new Visit(await context.newPage(), context, house);
    };
    try {
      await house.furnish();
      const visits = [];
      await test({ house, want, visit: async (how) => (visits.push(await visit(how)), visits.at(-1)) });
      const findings = visits.flatMap((one) => one.findings);
      want(findings.length === 0, `no complaint of the browser, and there is: ${findings.join("\n")}`);
      passed += 1;
      console.log(`ok  ${name}  (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed.push(name);
      console.log(`FAILED  ${name}\n\n${error.stack}\n`);
    } finally {
      for (const context of contexts) await context.close();
      await house.close();
    }
  }
  await browser.close();
  for (const name of failed) console.log(`failed: ${name}`);
  console.log(`browser: ${passed} passed, ${failed.length} failed`);
  process.exit(failed.length || !passed ? 1 : 0);
}

await main();
