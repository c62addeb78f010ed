// The page of a person, in a browser.

const OFFERS = "Weekly offers";

export const tests = {
  async "the page reads well on every screen, by day and by night"({ house, visit }) {
    const url = await house.link();
    for (const view of ["phone", "small", "desktop"]) {
      for (const scheme of ["light", "dark"]) {
        const { page, ...rest } = await open(visit, `${url}?lang=en`, { view, scheme });
        await rest.guest.inspect(`preference-${view}-${scheme}`);
        await page.close();
      }
    }
  },

  async "every language reads well, also from right to left"({ house, visit, want }) {
    const url = await house.link();
    for (const [locale, direction] of [["es-MX", "ltr"], ["pt-BR", "ltr"], ["hi-IN", "ltr"], ["ar-EG", "rtl"]]) {
      const { page, guest } = await open(visit, url, { locale });
      const language = locale.slice(0, 2);
      const html = page.locator("html");
      want((await html.getAttribute("lang")) === language, `${locale} is spoken to in ${language}`);
      want((await html.getAttribute("dir")) === direction, `${language} runs ${direction}`);
      await guest.inspect(`preference-${language}`);
    }
    const { page } = await open(visit, url, { locale: "ar" });
    const [label, toggle] = [await page.locator("label.row-label").first().boundingBox(), await page.locator(".toggle").first().boundingBox()];
    want(toggle.x < label.x, "in Arabic the switch stands to the left of its words");
    await page.getByRole("link", { name: "English" }).click();
    want((await page.locator("html").getAttribute("lang")) === "en", "a visitor can choose another language");
  },

  async "without script a topic is switched off, and it counts"({ house, visit, want }) {
    const { page, guest } = await open(visit, `${await house.link()}?lang=en`, { javaScriptEnabled: false });
    await page.getByRole("switch", { name: OFFERS }).uncheck();
    await page.getByRole("button", { name: "Save" }).click();
    want(await page.getByText("Saved. It counts from now on.").isVisible(), "the page says that it was saved");
    want((await house.verdict({ topic: OFFERS })) === "opted_out_topic", "the topic is refused");
    want((await house.verdict({ topic: "New in store" })) === "allow", "the other topic is not");
    want((await page.getByRole("switch", { name: OFFERS }).count()) === 0, "what is off has no switch that would move");
    want(guest.findings.length === 0, "nothing went wrong");
  },

  async "a keyboard is enough"({ house, visit, want }) {
    const { page } = await open(visit, `${await house.link()}?lang=en`);
    const toggle = page.getByRole("switch", { name: OFFERS });
    for (let step = 0; step < 20 && !(await toggle.evaluate((one) => one === document.activeElement)); step += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    want(!(await toggle.isChecked()), "space turns the switch");
    await page.keyboard.press("Enter");
    await page.getByText("Saved. It counts from now on.").waitFor();
    want((await house.verdict({ topic: OFFERS })) === "opted_out_topic", "enter saves");
  },

  async "one button stops everything, and the page says so"({ house, visit, want }) {
    const { page, guest } = await open(visit, `${await house.link()}?lang=en`);
    await page.getByRole("button", { name: "Stop all messages" }).click();
    await page.getByText("You get no messages from").waitFor();
    want((await house.verdict({ category: "utility" })) === "opted_out_all", "everything is refused");
    want((await page.getByRole("switch").count()) === 0, "nothing is left to switch off");
    await guest.inspect("preference-stopped");
    const { guest: night } = await open(visit, page.url(), { scheme: "dark" });
    await night.inspect("preference-stopped-dark");
  },

  async "a browser that only looks changes nothing"({ house, visit, want }) {
    const before = (await house.events()).length;
    const url = await house.link();
    for (let time = 0; time < 3; time += 1) {
      const { page } = await open(visit, url);
      await page.goto(`${url}?stop=all`);
      await page.goto(`${url}/unsubscribe`);
      await page.mouse.wheel(0, 4000);
    }
    want((await house.events()).length === before, "no event was made");
  },

  async "a link that opens nothing says so kindly"({ house, visit, want }) {
    const url = await house.link();
    const guest = await visit({ locale: "en" });
    want((await guest.open(`${url.slice(0, -1)}`)) === 404, "a cut link is 404");
    guest.findings.length = 0; // The browser itself complains of the 404.
    await guest.inspect("gone");
    want(await guest.page.getByRole("heading", { name: "This link does not work" }).isVisible(), "the page says what to do");
  },
};

async function open(visit, url, how) {
  const guest = await visit(how);
  await guest.open(url);
  return { guest, page: guest.page };
}
