// A marketer builds a journey step by step, tries it out with a clock that jumps, publishes it, and sees who went through it.

import { until } from "./house.mjs";

export const tests = {
  async "a marketer builds a journey, tries it and publishes it, on a desktop"(tools) {
    await story(tools, { view: "desktop", locale: "en-GB" }, "desktop");
  },

  async "a marketer builds a journey on the smallest phone, in the dark"(tools) {
    await story(tools, { view: "small", scheme: "dark", locale: "en-GB" }, "small-dark");
  },

  async "a marketer builds a journey without a script"(tools) {
    await story(tools, { view: "desktop", locale: "en-GB", javaScriptEnabled: false }, null);
  },

  async "a viewer reads a journey and changes nothing"({ house, visit, want }) {
    const marketer = await visit({ view: "desktop", locale: "en-GB" });
    await marketer.signIn("marketer");
    await marketer.go("/journeys");
    await marketer.page.getByRole("button", { name: "Begin with this one: Birthday" }).click();
    await marketer.page.getByRole("heading", { name: "Birthday", level: 1 }).waitFor();
    const path = new URL(marketer.page.url()).pathname;
    const viewer = await visit({ view: "phone", locale: "en-GB" });
    await viewer.signIn("viewer");
    await viewer.go(path);
    await viewer.page.getByText("If Marketing may be sent").waitFor();
    want((await viewer.page.locator("main form").count()) === 0, "nothing to press");
    viewer.expects(403);
    want((await viewer.go(`${path}/head`)) === 403, "and no way around it");
    await viewer.go(`${path}/try`);
    await viewer.page.getByRole("button", { name: "See what would happen" }).click();
    await viewer.page.getByText("The template birthday (en) would go out").waitFor();
  },

  async "a colleague sees how far everybody is and what stopped whom, on a desktop"(tools) {
    await executions(tools, { view: "desktop", locale: "en-GB" }, "desktop");
  },

  async "a colleague sees how far everybody is and what stopped whom, on a phone in the dark"(tools) {
    await executions(tools, { view: "phone", scheme: "dark", locale: "en-GB" }, "phone-dark");
  },
};

/** Where there is no script, axe cannot be asked. */
async function look(one, name) {
  if (name) await one.inspect(`journey-${name}`);
}

async function story({ house, visit, want }, how, name) {
  const marketer = await visit(how);
  const { page } = marketer;
  const named = (part) => name && `${part}-${name}`;
  marketer.expects(422);
  await marketer.open(house.ready.sign_in_as.marketer);
  await marketer.go("/journeys");
  await page.getByText("There are no journeys yet.").waitFor();
  await look(marketer, named("empty"));
  await page.getByRole("link", { name: "New journey" }).press("Enter");
  await look(marketer, named("new"));
  await page.getByLabel("Name", { exact: true }).fill("After the fair");
  await page.getByLabel("Whoever gets a tag").check();
  await page.getByLabel("Tag", { exact: true }).fill("fair");
  await page.getByRole("button", { name: "Make the journey" }).press("Enter");
  await page.getByRole("heading", { name: "After the fair", level: 1 }).waitFor();

  // A question, a branch on its answer, a step on each way.
  await add(page, "Add a step at the beginning", "Ask a question");
  await page.getByLabel("Question", { exact: true }).fill("Hello {{first_name|there}}, shall we send you a catalogue?");
  await page.getByLabel("Answers to choose from").fill("Yes\nYES");
  await page.getByRole("button", { name: "Put it in" }).press("Enter");
  await page.getByRole("alert").getByText("is there before").waitFor();
  await look(marketer, named("ask"));
  await page.getByLabel("Answers to choose from").fill("Yes\nNo");
  await page.getByRole("button", { name: "Put it in" }).press("Enter");
  await page.locator("#s1").waitFor();
  await add(page, "Add a step below (s1)", "Branch");
  await page.getByLabel("Value", { exact: true }).fill("Yes");
  await page.getByLabel("Add a condition", { exact: true }).selectOption("tag");
  await page.getByRole("button", { name: "Add a condition" }).press("Enter");
  await look(marketer, named("branch"));
  await page.getByRole("button", { name: "Take away: They have the tag" }).press("Enter");
  await page.getByRole("button", { name: "Put it in" }).press("Enter");
  await page.locator("#s2").waitFor();
  await add(page, "Add a step here: If the answer at s1 is Yes", "Add a tag");
  await page.getByLabel("Tag", { exact: true }).fill("catalogue");
  await page.getByRole("button", { name: "Put it in" }).press("Enter");
  await page.locator("#s3").waitFor();
  await add(page, "Add a step here: Otherwise", "Wait");
  await page.getByRole("button", { name: "Put it in" }).press("Enter");
  await page.locator("#s4").waitFor();
  await look(marketer, named("steps"));

  // It goes the way of the answer, at the time of the answer.
  await page.getByRole("link", { name: "Try it" }).press("Enter");
  await page.getByLabel("Whether they wrote within 24 hours").selectOption("open");
  const beat = page.getByRole("group", { name: "What happens on the way 1" });
  await beat.getByLabel("How many").fill("3");
  await beat.getByLabel("Their words").fill("yes");
  await page.getByRole("button", { name: "See what would happen" }).press("Enter");
  const went = page.getByRole("region", { name: "How it goes" });
  await went.getByText("Hello there, shall we send you a catalogue?").waitFor();
  await went.getByText("Went the way: if the answer at s1 is Yes").waitFor();
  want((await went.getByRole("status").innerText()).includes("Came to the end"), "it says how it ended");
  await look(marketer, named("try"));

  // An error of Meta's stops it, in Meta's words.
  await page.getByLabel("Step", { exact: true }).selectOption("s1");
  await page.getByLabel("How", { exact: true }).selectOption("failed");
  await page.getByLabel("Code", { exact: true }).fill("131050");
  await page.getByLabel("Words of the error").fill("User has stopped marketing messages");
  await page.getByRole("button", { name: "See what would happen" }).press("Enter");
  await went.getByText("User has stopped marketing messages").first().waitFor();
  await went.getByText("131050").first().waitFor();

  // Published, and shown as it was.
  await page.getByRole("link", { name: "After the fair" }).press("Enter");
  await page.getByRole("button", { name: "Publish" }).press("Enter");
  await page.getByText("Published: people enter by it from now on.").waitFor();
  await page.getByRole("link", { name: "Version 1" }).press("Enter");
  await page.getByRole("heading", { name: "Version 1", level: 1 }).waitFor();
  await look(marketer, named("version"));
  await marketer.go("/journeys");
  const row = page.locator("tbody tr", { hasText: "After the fair" });
  want((await row.innerText()).includes("Live"), "the list says that it is live");
  await look(marketer, named("list"));
}

const OFFER = {
  format: 1,
  name: "Offers after the fair, for whoever asked for them at our stand",
  trigger: { kind: "tag_added", tag: "asked" },
  steps: [
    { id: "s1", kind: "send_template", template: "autumn_sale", language: "en_GB", variables: { 1: "{{first_name|friend}}" } },
    { id: "s2", kind: "wait", for: { days: 2 }, or_reply: true },
    { id: "s3", kind: "hand_to_agent", note: "{{first_name|Somebody}} wants to be called" },
  ],
};
const WORDS = "This message was not delivered because the customer has chosen to stop getting marketing messages from your business.";

/** Ada is stopped by Meta after it took the message, Luz by the gate, Ben waits. */
async function executions({ house, visit, want }, how, name) {
  const { id, cas } = await house.api("POST", "/api/v1/journeys", { definition: OFFER });
  await house.api("POST", `/api/v1/journeys/${id}/publish`, { cas });
  await house.hears("luz", "STOP");
  const people = ["+447700900123", "+525555550103", "+447700900188"];
  for (const number of people) {
    if (number !== "+525555550103") await house.api("POST", "/api/v1/events", { to: number, kind: "opt_in", scope: { category: "marketing" }, evidence: { source: "fair", wording: "Yes, offers" } });
    await house.api("PATCH", `/api/v1/contacts/${await house.person(number)}`, { tags: { add: ["asked"] } });
  }
  const runs = async () => (await house.api("GET", `/api/v1/journeys/${id}/runs`)).items;
  const state = (all, number) => all.find((run) => run.who.includes(number) || run.contact === number);
  const ids = await Promise.all(people.map((number) => house.person(number)));
  await until(async () => {
    const all = await runs();
    return all.length === 3 && state(all, ids[0]).step === "s2" && state(all, ids[1]).state === "refused" && state(all, ids[2]).step === "s2";
  }, "everybody is on their way");
  const sent = (await house.api("GET", `/api/v1/messages?to=${encodeURIComponent(people[0])}`)).items.find((one) => one.wamid);
  const metadata = { display_phone_number: "442079460000", phone_number_id: house.ready.numbers[0] };
  const status = { id: sent.wamid, status: "failed", timestamp: String(Math.floor(Date.now() / 1000)), recipient_id: people[0].slice(1), errors: [{ code: 131050, title: "Unable to deliver the message.", error_data: { details: WORDS } }] };
  await house.control("POST", "webhooks/emit", { updates: [{ field: "messages", value: { messaging_product: "whatsapp", metadata, statuses: [status] } }] });
  await until(async () => state(await runs(), ids[0]).code === "131050", "Meta has stopped it");

  const colleague = await visit(how);
  const { page } = colleague;
  await colleague.open(house.ready.sign_in_as.marketer);
  await colleague.go("/journeys");
  await look(colleague, `many-${name}`);
  await colleague.go(`/journeys/${id}`);
  await look(colleague, `live-${name}`);
  await page.getByRole("link", { name: "Executions" }).click();
  await page.getByText(WORDS).waitFor();
  await look(colleague, `executions-${name}`);
  const one = (await runs()).find((run) => run.code === "131050");
  await colleague.go(`/journeys/${id}/runs/${one.id}`);
  await page.getByText(WORDS).first().waitFor();
  want((await page.locator("main").innerText()).includes("131050"), "the code stands beside Meta's words");
  await look(colleague, `stopped-${name}`);
  const waits = (await runs()).find((run) => run.state === "running");
  await colleague.go(`/journeys/${id}/runs/${waits.id}`);
  await look(colleague, `waits-${name}`);

  // Ben writes, and an agent finds him on top of the inbox, unread.
  await house.hears("ben", "Do call me");
  await until(async () => state(await runs(), ids[2]).state === "ended", "Ben was handed over");
  const agent = await visit(how);
  await agent.open(house.ready.sign_in_as.agent);
  await agent.go("/inbox?assigned=nobody");
  const row = agent.page.locator(".inbox-row").first();
  want((await row.innerText()).includes("2 unread"), "what he wrote, and what the journey says", await row.innerText());
  await agent.inspect(`inbox-${name}`);
  await row.click();
  await agent.page.getByText("wants to be called").waitFor();
  await agent.inspect(`handed-${name}`);
}

/** Chooses where and what. By the keyboard: without a script the driver never sees a page that was scrolled come to rest, and would not click. */
async function add(page, where, what) {
  await page.getByRole("link", { name: where, exact: true }).press("Enter");
  await page.getByRole("link", { name: what, exact: true }).press("Enter");
}
