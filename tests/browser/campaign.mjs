// A marketer makes a campaign, looks who would get it, starts it, watches it and reads its report; a viewer only looks.

import { until } from "./house.mjs";

const ADA = "+447700900123";
const BEN = "+447700900188";
const SAM = "+12025550142";

/** Ada and Sam agreed, Ben refused, and all three have a tag. */
async function garden(house) {
  await house.api("POST", "/api/v1/events", { to: BEN, kind: "opt_out" });
  for (const number of [ADA, BEN, SAM]) await house.api("PATCH", `/api/v1/contacts/${await house.person(number)}`, { tags: { add: ["garden"] }, attributes: { first_name: number === ADA ? "Ada" : "Sam" } });
  await house.optIn();
  await house.api("POST", "/api/v1/events", { to: SAM, kind: "opt_in", evidence: { source: "web_form", wording: "Yes, send me offers." } });
  await house.settle();
}

/** The form, as far as every campaign of these tests has it. */
async function fill(page, name, hasScript = true) {
  await page.getByRole("link", { name: "New campaign" }).first().click();
  await page.getByRole("searchbox").fill("autumn");
  await page.getByRole("button", { name: "Find" }).click();
  await page.getByRole("link", { name: /Use this.*autumn_sale \(en_GB\)/ }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Variable 1").fill("{{first_name|friend}}");
  // With a script, whoever writes a tag has chosen it.
  if (!hasScript) await page.getByRole("radio", { name: "Everybody with a tag" }).press("Space");
  await page.getByRole("textbox", { name: "Everybody with a tag" }).fill("garden");
  await page.getByLabel("The basis").selectOption("consent");
}

export const tests = {
  async "a marketer makes a campaign, sees who gets it and who does not, starts it, and reads the report"({ house, visit, want }) {
    await garden(house);
    const marketer = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = marketer;
    await marketer.signIn("marketer");
    await marketer.menu("/campaigns");
    await page.getByRole("heading", { name: "There are no campaigns yet" }).waitFor();
    await marketer.inspect("campaigns-none");
    await fill(page, "Autumn, for gardeners");
    await marketer.inspect("campaigns-new");
    await page.getByRole("button", { name: "Save the draft and check it" }).click();

    // Before anything is sent: who, who not, why, and how it reads.
    await page.getByRole("heading", { name: "Who would get it now" }).waitFor();
    await page.locator(".is-in").getByText("2", { exact: true }).waitFor();
    want((await page.locator(".is-out").innerText()) === "1", "one is out");
    await page.getByText("Hi Ada, the autumn sale is on").or(page.getByText("Hi Sam, the autumn sale is on")).waitFor();
    await marketer.inspect("campaigns-check");
    await page.getByRole("link", { name: "Change it" }).click();
    await page.getByRole("heading", { name: "Change the draft" }).waitFor();
    want((await page.getByLabel("Name", { exact: true }).inputValue()) === "Autumn, for gardeners", "the form has what the draft is");
    want(await page.getByRole("radio", { name: "Everybody with a tag" }).isChecked(), "and to whom it goes");
    await page.getByLabel("Messages a second for each number").fill("60");
    await marketer.inspect("campaigns-edit");
    await page.getByRole("button", { name: "Save the draft and check it" }).click();
    await page.getByText("Last changed by").waitFor();
    await page.locator(".reasons a").first().click();
    await page.getByRole("link", { name: BEN }).waitFor();
    await marketer.inspect("campaigns-out");
    await page.getByRole("link", { name: "Autumn, for gardeners" }).click();
    await page.getByRole("link", { name: "Everybody who is in" }).click();
    await page.getByRole("row", { name: new RegExp(ADA.replace("+", "\\+")) }).getByText("They agreed").waitFor();
    await marketer.inspect("campaigns-in");
    await page.getByRole("link", { name: "Autumn, for gardeners" }).click();
    const send = page.getByRole("button", { name: "Send to 2 people" });
    await send.click();
    want((await page.locator("#progress").count()) === 0, "nothing starts without the tick");
    await page.getByRole("checkbox", { name: /Yes, I mean it: 2 people/ }).check();
    await send.click();

    // It is watched without a hand, until it is done.
    await page.locator("#progress").waitFor();
    await until(() => page.locator(".badge", { hasText: "Done" }).count(), "the page says by itself that it is done");
    await marketer.inspect("campaigns-progress");
    await house.reaches("ada", "Hi Ada, the autumn sale is on");
    const benGot = (await house.control("GET", "phones/ben/messages")).items.some((one) => JSON.stringify(one).includes("autumn sale"));
    want(!benGot, "whoever refused gets nothing");
    await page.getByRole("link", { name: "Report", exact: true }).click();
    await page.getByRole("heading", { name: "What became of it" }).waitFor();
    const taken = page.locator(".funnel li", { hasText: "Taken by Meta" });
    want((await taken.locator("strong").innerText()) === "2", "Meta took two");
    await marketer.inspect("campaigns-report");
    await page.getByLabel("People of the segment").selectOption({ label: "Opted in to marketing" });
    await page.getByRole("button", { name: "Show", exact: true }).click();
    await page.getByText("Of these people 2 got it in this time").waitFor();
    await marketer.inspect("campaigns-report-part");
    await page.locator("#main").getByRole("link", { name: "Recipients", exact: true }).click();
    want((await page.locator("tbody tr").count()) === 3, "everybody is listed");
    await marketer.inspect("campaigns-recipients");
    const ada = page.getByRole("row", { name: new RegExp(ADA.replace("+", "\\+")) });
    await ada.getByRole("link").click();
    await page.locator("#main").getByRole("link", { name: "Autumn, for gardeners" }).waitFor();
    await marketer.menu("/campaigns");
    await page.getByRole("row", { name: /Autumn, for gardeners/ }).getByText("3 of 3 done").waitFor();
    await marketer.inspect("campaigns-list");
  },

  async "a campaign is made and ended by the keyboard, on a narrow phone, in the dark and without a script"({ house, visit, want }) {
    await garden(house);
    const marketer = await visit({ view: "small", scheme: "dark", locale: "en-GB", javaScriptEnabled: false });
    const { page } = marketer;
    await marketer.signIn("marketer");
    await marketer.go("/campaigns");
    await fill(page, "Autumn, in the dark", false);
    await page.getByRole("button", { name: "Save the draft and check it" }).press("Enter");
    await page.getByRole("heading", { name: "Who would get it now" }).waitFor();
    const later = page.getByRole("link", { name: "Count now" });
    if (await later.count()) await later.press("Enter");
    await page.getByRole("button", { name: "Send to 2 people" }).waitFor();
    await page.getByText("Drop this draft").press("Enter");
    await page.getByRole("button", { name: "Yes, drop it" }).press("Enter");
    await page.locator(".badge", { hasText: "Cancelled" }).waitFor();

    const viewer = await visit({ view: "small", scheme: "dark", locale: "en-GB" });
    await viewer.signIn("viewer");
    await viewer.menu("/campaigns");
    want((await viewer.page.getByRole("link", { name: "New campaign" }).count()) === 0, "a viewer makes none");
    want((await viewer.page.getByRole("link", { name: "Autumn, in the dark" }).count()) === 0, "a draft that was dropped is not listed");
    await viewer.go(new URL(page.url()).pathname);
    await viewer.page.getByRole("heading", { name: "What it is to do" }).waitFor();
    want((await viewer.page.locator("main form").count()) === 0, "and does nothing to one");
    await viewer.inspect("campaigns-viewer");
  },
};
