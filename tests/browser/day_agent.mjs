// An agent's day: somebody writes and is answered, a closed window, a doubtful message, and a stop that the gate keeps.

const ADA = "+447700900123";
const SAM = "+12025550142";
const DOUBTFUL = "Too many messages";

export const tests = {
  async "an agent's day: answers, a note, a doubtful message, and somebody who wants no more offers"({ house, visit, want }) {
    const agent = await visit({ view: "wide", locale: "en-GB" });
    const { page } = agent;
    await agent.signIn("agent");
    await agent.menu("/inbox");
    const same = await marked(page);
    await house.hears("ada", "Hello, where is my parcel?");
    await page.getByRole("link", { name: /Ada Example/ }).waitFor();
    want(await same(), "the new line stands in the list without a reload");

    // A quick reply is written once and then sent by a click.
    await page.getByRole("link", { name: "Quick replies" }).first().click();
    await page.locator("#title").fill("Parcels");
    await page.locator("#body").fill("Parcels take two days at the most.");
    await page.locator("#body").press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Parcels" }).waitFor();
    await agent.menu("/inbox");
    await page.getByRole("link", { name: /Ada Example/ }).click();
    const chat = page.locator(".inbox-chat");
    await chat.getByText("where is my parcel?").waitFor();
    await page.locator(".inbox-quick summary").click();
    await page.locator(".inbox-quick a", { hasText: "Parcels" }).click();
    want((await page.locator("#text").inputValue()) === "Parcels take two days at the most.", "a quick reply stands in the field, to be changed");
    await page.keyboard.type(" Yours is on its way.");
    await agent.tabTo(page.getByRole("button", { name: "Send", exact: true }));
    await page.keyboard.press("Enter");
    await chat.locator(".say-out", { hasText: "Yours is on its way." }).waitFor();
    await house.reaches("ada", "Parcels take two days at the most. Yours is on its way.");

    await page.locator("#note").fill("Wants it before Friday.");
    await page.getByRole("button", { name: "Add note" }).click();
    await chat.locator(".say-note", { hasText: "Wants it before Friday." }).waitFor();
    await page.locator("#member").selectOption({ label: "Amir" });
    await page.locator("form[action$='/assign'] button").click();
    await page.locator(".inbox-row .badge", { hasText: "Amir" }).waitFor();
    const { items } = await house.control("GET", "phones/ada/messages");
    want(!JSON.stringify(items).includes("before Friday"), "a note stays with the team");

    // What is said comes in while the page is open.
    const still = await marked(page);
    await house.hears("ada", DOUBTFUL);
    await chat.getByText("Did they mean stop?").waitFor();
    want(await still(), "the doubtful message is there without a reload");
    want((await house.verdict({ category: "marketing" })) === "held", "nothing of the kind goes until somebody decides");
    await chat.getByLabel("Why (kept in the log)").fill("Too many, not none: I asked.");
    await chat.getByRole("button", { name: "No, they did not" }).click();
    await chat.getByText("Decided: they did not mean to stop").waitFor();
    want((await house.verdict({ category: "marketing" })) === "allow", "and then it goes again");

    // An offer goes. Then she asks for none, and the same offer is refused.
    want((await house.send(ADA, "spring_sale")).status === 200, "an offer may go");
    await page.getByRole("link", { name: "Everything about this customer" }).click();
    await page.locator("main").getByRole("button", { name: "Opt out" }).first().click();
    await page.getByRole("status").getByText("It is in force").waitFor();
    const refused = await house.send(ADA, "spring_sale");
    want(refused.status !== 200 && refused.body.error.code === 131050, `the gate refuses the next one: ${JSON.stringify(refused.body)}`);
    want((await house.send(ADA, "order_update", { gaps: ["A-17"] })).status === 200, "what she ordered is told all the same");
    want((await page.getByRole("link", { name: "Opt in with evidence" }).count()) === 0, "an agent brings nobody back");
    await page.goBack();
    await agent.menu("/inbox");
    await page.getByRole("link", { name: /Ada Example/ }).click();
    await chat.getByText("Opted out: marketing").waitFor();
  },

  async "an agent before a closed window is offered templates only"({ house, visit, want }) {
    await house.hearsLate(SAM, "Sam Rivera", "When does it come?", 26);
    const agent = await visit({ view: "desktop", locale: "en-US" });
    const { page } = agent;
    await agent.signIn("agent");
    await agent.menu("/inbox");
    await page.locator(".inbox-row").first().click();
    await page.getByText("The 24 hours since their last message are over").first().waitFor();
    want((await page.locator("textarea#text").count()) === 0, "no free text can be typed");
    const note = page.locator(".inbox-template", { hasText: "order_note" }).filter({ hasText: "en_US" });
    await note.locator("summary").click();
    await note.getByRole("textbox").fill("it waits at the desk");
    await note.getByRole("button", { name: "Send template" }).click();
    await house.reaches("sam", "it waits at the desk");
    await page.locator(".inbox-chat .say-out").waitFor();
    // He answers, and the field is there, as soon as the page is opened again.
    await house.hears("sam", "Thanks");
    await page.locator(".inbox-chat").getByText("Thanks").waitFor();
    await page.locator(".inbox-window [data-until]").waitFor();
    await page.reload();
    await page.locator("textarea#text").waitFor();
  },

  async "an agent without a script answers, notes and opts somebody out"({ house, visit, want }) {
    await house.hears("ada", "Where is my parcel?");
    const agent = await visit({ view: "desktop", javaScriptEnabled: false });
    const { page } = agent;
    await agent.signIn("agent");
    await agent.menu("/inbox");
    await page.getByRole("link", { name: /Ada Example/ }).click();
    await page.getByLabel("Your answer").fill("It comes tomorrow.");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.locator(".say-out", { hasText: "It comes tomorrow." }).waitFor();
    await house.reaches("ada", "It comes tomorrow.");
    await page.locator("#note").fill("Called as well.");
    await page.getByRole("button", { name: "Add note" }).click();
    await page.locator(".say-note", { hasText: "Called as well." }).waitFor();
    await agent.menu("/consent");
    const row = page.getByRole("row", { name: /Ada Example/ });
    await row.getByRole("switch").click();
    await page.getByRole("status").getByText("Opted out. It is in force.").waitFor();
    want((await house.verdict({ category: "marketing" })) === "opted_out_category", "it is in force");
  },
};

/** Whether the page is still the one that it is now. */
async function marked(page) {
  await page.evaluate(() => { window.isTheSame = true; });
  return () => page.evaluate(() => window.isTheSame === true);
}
