// Receipts on the page of a person: after a code from the chat, in a browser.

import { readFile } from "node:fs/promises";

const VARIANTS = [
  { locale: "en", view: "phone", scheme: "light" },
  { locale: "en", view: "phone", scheme: "dark" },
  { locale: "en", view: "desktop", scheme: "light" },
  { locale: "ar", view: "phone", scheme: "light" },
  { locale: "es", view: "phone", scheme: "light", javaScriptEnabled: false },
];

export const tests = Object.fromEntries(VARIANTS.map((how) => [sentence(how), (tools) => downloads(tools, how)]));

function sentence({ locale, view, scheme, javaScriptEnabled = true }) {
  return `after a code from the chat receipts can be kept [${locale} ${view} ${scheme}${javaScriptEnabled ? "" : " without script"}]`;
}

async function downloads({ house, visit, want }, how) {
  await house.optIn();
  await house.says("hello");
  const guest = await visit({ locale: how.locale, ...how });
  const { page } = guest;
  await guest.open(`${await house.link()}?lang=${how.locale}`);
  want((await page.locator("button[name=event]").count()) === 0, "without a code there is no receipt");
  await press(page.locator("form[action*='/code'] button"));
  await page.locator("#code").fill(await house.code());
  await press(page.locator("form[action*='/history'] button"));
  if (how.javaScriptEnabled !== false) await guest.inspect(`receipts-${how.locale}-${how.view}-${how.scheme}`);

  const consents = (await house.events()).filter((event) => event.kind === "opt_in");
  const buttons = page.locator("button[name=event]:not([value=all])");
  want((await buttons.count()) === consents.length, "each consent has a receipt, and nothing else has one");
  const record = await buttons.first().getAttribute("value");
  const one = await downloaded(page, buttons.first());
  want(one.name === `consent-receipt-${record}.json`, `the file is called after its record: ${one.name}`);
  want(one.body.header.record_id === record, "it is the receipt of that record");
  const all = await downloaded(page, page.locator("button[name=event][value=all]"));
  want(all.body.items.length === consents.length, "one file has all of them");
}

async function downloaded(page, button) {
  const [file] = await Promise.all([page.waitForEvent("download"), press(button)]);
  return { name: file.suggestedFilename(), body: JSON.parse(await readFile(await file.path(), "utf8")) };
}

/** By the keyboard, which does not wait until nothing on the page moves: without script a browser may draw no frame for long. */
async function press(button) {
  await button.focus();
  await button.press("Enter");
}
