// A marketer's day: a list comes in row by row, people get tags, and a segment counts itself.

import { until } from "./house.mjs";

const ADA = "+447700900123";
/** A good row, one without a number, one twice, one who refused, and a name that a spreadsheet would take for a formula. */
const LIST = `Mobile;Called;City;Newsletter
+44 7700 900201;Olga Lind;Leeds;yes
+44 7700 900202;=HYPERLINK("x");Leeds;yes
12;Nobody;Leeds;yes
+44 7700 900201;Olga again;York;yes
+44 7700 900203;Tom Reed;York;no
`;

export const tests = {
  async "a marketer's day: a list comes in, and nobody in it is opted in by it"({ house, visit, want }) {
    const marketer = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = marketer;
    marketer.expects(422, 403);
    await marketer.signIn("marketer");
    await marketer.menu("/import");
    await page.locator("#file").setInputFiles({ name: "list.csv", mimeType: "text/csv", buffer: Buffer.from(LIST) });
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("heading", { name: "2. What the columns mean" }).waitFor();
    const column = (name) => page.getByLabel(name, { exact: true });
    await column("Mobile").selectOption("phone");
    await column("Called").selectOption("name");
    await column("City").selectOption("attribute:City");

    // A role that may not say that somebody agreed cannot do it by a file either.
    await column("Newsletter").selectOption("consent");
    await page.getByRole("button", { name: "3. Try it" }).click();
    await page.getByRole("alert").getByText("but no consent").waitFor();
    await column("Newsletter").selectOption("ignore");
    await page.locator("#tags").fill("fair");
    await page.getByRole("button", { name: "3. Try it" }).click();
    const tried = page.getByRole("status");
    await tried.getByText("What would happen").waitFor();
    const count = async (what) => Number(await tried.locator(".stat", { has: page.getByText(what, { exact: true }) }).locator(".stat-value").innerText());
    want((await count("new people")) === 3 && (await count("rows refused")) === 2, "three would come in, two would not");
    const refused = page.getByRole("region", { name: "Rows of which nothing is taken" });
    want(/^4\b/.test(await refused.getByRole("row", { name: /No valid number/ }).innerText()), "a row without a number, by its line");
    want(/^5\b/.test(await refused.getByRole("row", { name: /Same address as an earlier row/ }).innerText()), "a number twice, by its line");
    want(!(await house.found("+447700900201")), "trying it changes nothing");

    await page.getByRole("button", { name: "4. Take it in" }).click();
    await tried.getByText("Taken in").waitFor();
    await house.person("+447700900201");
    want((await house.verdict({ to: "+447700900201", category: "marketing" })) === "no_consent", "who came by a list has not agreed to anything");

    // They are people now: found by their tag, given another, one by one and together.
    await marketer.menu("/customers");
    await page.locator(".filter-panel > summary").click();
    await page.locator("#tag").fill("fair");
    await page.locator("#tag").press("Enter");
    await page.getByText("3 customers").waitFor();
    want(page.url().includes("tag=fair"), "the address holds the filter");
    await page.getByRole("link", { name: "Edit tags and attributes of Olga Lind" }).click();
    const dialog = page.getByRole("dialog");
    want((await dialog.locator("#tags").inputValue()).trim() === "fair", "the dialog knows the tags");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "Edit tags and attributes of Olga Lind" }).click();
    await dialog.locator("#tags").fill("fair\nvip");
    await dialog.locator("input[name=key]").nth(1).fill("plan");
    await dialog.locator("input[name=value]").nth(1).fill("gold");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    await page.getByRole("row", { name: /Olga Lind/ }).getByText("vip").waitFor();
    await page.getByRole("link", { name: "Add a tag" }).click();
    await dialog.getByText("This is about 3 customers.").waitFor();
    await dialog.getByLabel("Tag").fill("spring");
    await dialog.getByRole("button", { name: "Yes, all 3" }).click();
    await page.getByText("3 customers were changed.").waitFor();
    const olga = await house.api("GET", `/api/v1/contacts/${await house.person("+447700900201")}`);
    want(["fair", "spring", "vip"].every((tag) => olga.tags.includes(tag)) && olga.attributes.plan === "gold" && olga.attributes.City === "Leeds", `everything is kept: ${JSON.stringify(olga)}`);
    want((await page.getByRole("link", { name: "Opt in all" }).count()) === 0, "nobody is offered to opt people in");
  },

  async "a marketer builds a segment that counts itself, and opts a group out"({ house, visit, want }) {
    for (const [number, tags, plan] of [[ADA, ["garden"], "gold"], ["+5551998765432", ["garden"], "silver"], ["+12025550142", [], "gold"]]) {
      await house.api("PATCH", `/api/v1/contacts/${await house.person(number)}`, { tags: { add: tags }, attributes: { plan } });
    }
    const marketer = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = marketer;
    marketer.expects(403);
    await marketer.signIn("marketer");
    await marketer.menu("/segments");
    await page.getByRole("row", { name: /Opted in to marketing/ }).getByText("4 people").waitFor();
    await page.getByRole("link", { name: "New segment" }).click();
    const shown = page.locator(".segment-count");
    const add = async (what) => {
      const before = await page.locator("li.row").count();
      await page.locator(".row-add select").first().selectOption({ label: what });
      await page.locator(".row-add button").first().click();
      await page.locator("li.row").nth(before).waitFor();
    };
    await add("Tag");
    await page.getByLabel("Tag", { exact: true }).fill("garden");
    await page.getByLabel("Tag", { exact: true }).press("Tab");
    await shown.getByText("2 people").waitFor();
    await add("Attribute");
    await page.getByLabel("Attribute", { exact: true }).fill("plan");
    await page.getByLabel("Value", { exact: true }).fill("gold");
    await page.getByLabel("Value", { exact: true }).press("Tab");
    await shown.getByText("1 person").waitFor();
    await page.locator("#name").fill("Gold gardeners");
    await page.locator("#name").press("Tab");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("heading", { name: "Gold gardeners" }).waitFor();
    await page.getByRole("region", { name: "Who is in it now" }).getByText(ADA).first().waitFor();
    want((await page.getByRole("link", { name: "Export as CSV" }).count()) === 0, "addresses are not a marketer's to take out");
    const here = new URL(page.url()).pathname;
    want((await marketer.context.request.get(`${house.origin}${here}/contacts.csv`)).status() === 403, "nor by their address");

    // It is a question: who meets it later is in it later.
    await house.api("PATCH", `/api/v1/contacts/${await house.person("+12025550142")}`, { tags: { add: ["garden"] } });
    await marketer.menu("/segments");
    await page.getByRole("row", { name: /Gold gardeners/ }).getByText("2 people").waitFor();

    // A group is opted out, with its number to confirm; the ready-made segment knows them at once.
    await marketer.go("/consent?tag=garden&attribute=plan:gold");
    await page.getByRole("link", { name: "Opt out all" }).click();
    await page.getByRole("dialog").getByText("This is about 2 customers.").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Yes, all 2" }).click();
    await page.getByText("2 customers were changed.").waitFor();
    want((await house.verdict({ category: "marketing" })) === "opted_out_category", "nothing more goes to them");
    await marketer.menu("/segments");
    await page.getByRole("row", { name: /Opted out of marketing/ }).getByText("2 people").waitFor();
    await page.getByRole("link", { name: "Opted out of marketing" }).click();
    await until(() => page.locator("tbody tr").count(), "they are listed");
    want((await page.locator("tbody tr").count()) === 2, "both stand in it");
  },

  async "a marketer without a script takes in a list and counts a segment"({ house, visit, want }) {
    const marketer = await visit({ view: "desktop", locale: "en-GB", javaScriptEnabled: false });
    const { page } = marketer;
    await marketer.signIn("marketer");
    await marketer.menu("/import");
    await page.locator("#file").setInputFiles({ name: "two.csv", mimeType: "text/csv", buffer: Buffer.from("phone,name,tags\n+447700900301,Ida,spring\n+447700900302,Jon,spring\n") });
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByRole("button", { name: "3. Try it" }).click();
    await page.getByRole("button", { name: "4. Take it in" }).click();
    await page.getByText("Taken in").waitFor();
    await house.person("+447700900302");
    await marketer.menu("/segments");
    await page.getByRole("link", { name: "New segment" }).click();
    await page.getByRole("button", { name: "Take away: Consent" }).click();
    await page.locator(".row-add select").first().selectOption({ label: "Tag" });
    await page.locator(".row-add button").first().click();
    await page.getByLabel("Tag", { exact: true }).fill("spring");
    await page.getByRole("button", { name: "Count now" }).click();
    await page.locator(".segment-count").getByText("2 people").waitFor();
    want((await page.locator("#name").inputValue()) === "", "it is not kept before somebody names it");
  },
};
