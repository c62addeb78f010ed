// What a real browser says of the pages for people: run.mjs --binary FILE --chromium FILE [--modules DIR] [--screens DIR] [--postgres ADDRESS] [--only WORDS]
// Without a PostgreSQL the days of the roles are played on SQLite only, and the last lines say so. Each test is a sentence. The last line is `browser: N passed, N failed`.

import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { tests as campaign } from "./campaign.mjs";
import { tests as admin } from "./day_admin.mjs";
import { tests as agent } from "./day_agent.mjs";
import { tests as compliance } from "./day_compliance.mjs";
import { tests as marketer } from "./day_marketer.mjs";
import { tests as viewer } from "./day_viewer.mjs";
import { House } from "./house.mjs";
import { tests as hostile } from "./hostile.mjs";
import { tests as inbox } from "./inbox.mjs";
import { tests as join } from "./join.mjs";
import { tests as journey } from "./journey.mjs";
import { tests as pages } from "./pages.mjs";
import { tests as preference } from "./preference.mjs";
import { tests as receipt } from "./receipt.mjs";
import { tests as story } from "./story.mjs";
import { VIEWS, Visit, want } from "./visit.mjs";

const onSqlite = { ...preference, ...join, ...receipt, ...story, ...inbox, ...journey, ...pages, ...hostile };
/** Each role's day is played on both databases. */
const onBoth = { ...viewer, ...agent, ...marketer, ...campaign, ...compliance, ...admin };

const { values: given } = parseArgs({
  options: {
    binary: { type: "string" },
    chromium: { type: "string" },
    modules: { type: "string" },
    screens: { type: "string" },
    postgres: { type: "string" },
    only: { type: "string", default: "" },
  },
});
const load = createRequire(resolve(given.modules ?? ".", "x.js"));
const { chromium } = load("playwright-core");
const axe = load("axe-core");

/** Every test with the database that it runs on. */
function planned() {
  const on = (database) => ([name, test]) => [database === "postgresql" ? `${name}, on PostgreSQL` : name, test, database];
  const all = Object.entries(onSqlite).map(on("sqlite"));
  for (const entry of Object.entries(onBoth)) all.push(on("sqlite")(entry), on("postgresql")(entry));
  return all.filter(([name]) => new RegExp(given.only).test(name));
}

async function main() {
  if (given.screens) await mkdir(given.screens, { recursive: true });
  const browser = await chromium.launch({ executablePath: given.chromium, args: ["--no-sandbox", "--force-color-profile=srgb"] });
  const outcome = { passed: 0, failed: [], skipped: [] };
  for (const [name, test, database] of planned()) {
    if (database === "postgresql" && !given.postgres) {
      outcome.skipped.push(name);
      continue;
    }
    const began = Date.now();
    try {
      await play(browser, name, test, database === "postgresql" ? { postgres: given.postgres } : {});
      outcome.passed += 1;
      console.log(`ok  ${name}  (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      outcome.failed.push(name);
      console.log(`FAILED  ${name}  (${((Date.now() - began) / 1000).toFixed(1)} s)\n\n${error.stack}\n`);
    }
  }
  await browser.close();
  for (const name of outcome.skipped) console.log(`skipped for want of --postgres: ${name}`);
  for (const name of outcome.failed) console.log(`failed: ${name}`);
  console.log(`browser: ${outcome.passed} passed, ${outcome.failed.length} failed`);
  process.exit(outcome.failed.length || !outcome.passed ? 1 : 0);
}

/** One test, in a house of its own; every page that it opens is watched. */
async function play(browser, name, test, where) {
  const visits = [], houses = [];
  const visit = async ({ view = "phone", scheme = "light", house = houses[0], ...rest } = {}) => {
    const context = await browser.newContext({ viewport: VIEWS[view], colorScheme: scheme, deviceScaleFactor: ["desktop", "wide"].includes(view) ? 1 : 2, ...rest });
    visits.push(new Visit(await context.newPage(), context, house, { axe: axe.source, screens: given.screens }));
    return visits.at(-1);
  };
  /** A server of a business, beside the sandbox. */
  const serve = async () => (houses.push(await House.serve(given.binary, where)), houses.at(-1));
  try {
    houses.push(await House.open(given.binary, where));
    await houses[0].furnish();
    await test({ house: houses[0], want, visit, serve });
    const findings = visits.flatMap((one) => one.findings);
    want(findings.length === 0, `no complaint of the browser, and there is: ${findings.join("\n")}`);
  } catch (error) {
    if (given.screens && visits.length) await visits.at(-1).page.screenshot({ path: `${given.screens}/failed-${name.replaceAll(/\W+/g, "-")}.png`, fullPage: true }).catch(() => {});
    throw error;
  } finally {
    for (const one of visits) await one.context.close();
    for (const house of houses) await house.close();
  }
}

await main();
