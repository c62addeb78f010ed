// A marketer builds a journey step by step, tries it out with a clock that jumps, publishes it, and sees who went through it.

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
    await viewer.page.getByText("A template would go out").waitFor();
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
  await page.getByLabel("Lately written").selectOption("open");
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

/** Chooses where and what. By the keyboard: without a script the driver never sees a page that was scrolled come to rest, and would not click. */
async function add(page, where, what) {
  await page.getByRole("link", { name: where, exact: true }).press("Enter");
  await page.getByRole("link", { name: what, exact: true }).press("Enter");
}
