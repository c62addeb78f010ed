// An agent's day in the inbox: somebody writes, is answered, says stop, and the page tells of it without a reload.

const PATIENCE_MS = 15_000;

export const tests = {
  async "an agent answers, and sees a stop arrive, on a desktop"(tools) {
    await day(tools, { view: "wide" });
  },

  async "an agent answers, and sees a stop arrive, in the dark"(tools) {
    await day(tools, { view: "wide", scheme: "dark" });
  },

  async "an agent answers, and sees a stop arrive, on a phone"(tools) {
    await day(tools, { view: "phone", locale: "es-MX" });
  },

  async "an agent answers without a script"({ house, visit, want }) {
    await says(house, "ada", "Where is my parcel?");
    const agent = await visit({ view: "desktop", javaScriptEnabled: false });
    await agent.open(house.ready.sign_in_as.agent);
    await signIn(agent);
    await agent.open(`${house.origin}/inbox`);
    await agent.page.getByRole("link", { name: /Ada Example/ }).click();
    await agent.page.getByLabel("Your answer").fill("It comes tomorrow.");
    await agent.page.getByRole("button", { name: "Send", exact: true }).click();
    await agent.page.getByText("It comes tomorrow.").first().waitFor();
    want((await agent.page.locator(".say-out").count()) === 1, "it went");
    for (let step = 0; step < 100; step += 1) {
      const { items } = await house.control("GET", "phones/ada/messages");
      if (items.some((one) => JSON.stringify(one).includes("It comes tomorrow."))) return;
      await new Promise((go) => setTimeout(go, 50));
    }
    want(false, "it came to her phone");
  },
};

async function says(house, who, text) {
  await house.control("POST", `customers/${who}/say`, { text });
  for (let step = 0; step < 200; step += 1) {
    const { items } = await house.api("GET", "/api/v1/conversations");
    if (items.some((one) => one.last?.text === text || one.unread > 0)) return;
    await new Promise((go) => setTimeout(go, 50));
  }
  throw new Error(`nobody heard ${who} say \`${text}\``);
}

/** The link of the sandbox signs in at once, or asks once more. */
async function signIn(agent) {
  const button = agent.page.locator("main form button, .door-main form button").first();
  if (/\/(login|welcome)/.test(agent.page.url()) && (await button.count())) await button.click();
}

async function day({ house, visit, want }, how) {
  const es = how.locale?.startsWith("es");
  const name = `inbox-${how.view}${how.scheme ? `-${how.scheme}` : ""}`;
  await house.optIn();
  await house.api("POST", "/api/v1/quick_replies", { title: "Opening hours", body: "We are open from 9 to 5." });
  const agent = await visit(how);
  agent.page.setDefaultTimeout(PATIENCE_MS);
  await agent.open(house.ready.sign_in_as.agent);
  await signIn(agent);
  await agent.open(`${house.origin}/inbox`);
  await agent.inspect(`${name}-empty`);
  await says(house, "ada", "Hello, is my order <b>there</b>?");
  const line = agent.page.getByRole("link", { name: /Ada Example/ });
  await line.waitFor();
  await agent.inspect(`${name}-list`);
  await line.click();
  await agent.page.locator("#text").fill("Good morning, it comes tomorrow.");
  await agent.page.locator("form[data-once] .button").first().click();
  const chat = agent.page.locator(".inbox-chat");
  await chat.getByText("Good morning, it comes tomorrow.").waitFor();
  want((await chat.getByText("<b>there</b>").count()) === 1, "what she wrote is text");
  await agent.inspect(`${name}-talk`);

  await says(house, "ada", "Too many messages");
  await says(house, "ada", "STOP");
  await chat.getByText(es ? "Se dio de baja: marketing" : "Opted out: marketing").waitFor();
  await agent.page.locator(".inbox-side .badge.bad").first().waitFor({ state: "attached" });
  const here = agent.page.url().split(/[?#]/)[0];
  await agent.open(`${here}?templates=spring`);
  const sale = agent.page.locator(".inbox-template", { hasText: "spring_sale" }).first();
  await sale.locator("summary").click();
  want((await sale.locator("form").count()) === 0, "no marketing can be sent");
  await agent.inspect(`${name}-stopped`);
  if (how.view === "phone") {
    await agent.page.locator(".inbox-to-side").click();
    await agent.inspect(`${name}-about`);
  }
}
