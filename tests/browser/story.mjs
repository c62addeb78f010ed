// The whole story of one customer, played on her phone: she stops, keeps one topic, looks at her page, and comes back.

const ASKED = "por favor no me manden más ofertas";
const PATIENCE_MS = 15_000;
/** Meta tells whole seconds, and of two wishes in one second the refusal counts: a person takes longer. */
const NEXT_SECOND_MS = 1_100;

export const tests = {
  async "a customer stops, keeps a topic and comes back, on a phone"(tools) {
    await story(tools, "phone");
  },

  async "a customer stops, keeps a topic and comes back, on a desktop"(tools) {
    await story(tools, "desktop");
  },
};

async function story({ house, visit, want }, view) {
  const guest = await visit({ view, locale: "es-MX" });
  await guest.open(house.ready.phones);
  const phone = new Phone(guest.page, "Luz Hernández");
  await phone.gets("spring_sale", () => phone.business("Send offer"), want);

  await phone.says(ASKED);
  await phone.shows("Ya no recibirás más ofertas nuestras.");
  want((await phone.business("Send offer")).includes("opted_out_category"), "no offer goes any more");
  await phone.gets("order_update", () => phone.business("Send update"), want);
  want((await phone.count("Ya no recibirás más ofertas nuestras.")) === 1, "it is confirmed once");
  await guest.inspect(`story-stopped-${view}`);

  const page = await phone.opens(/\/p\//);
  want((await page.page.locator("html").getAttribute("lang")) === "es", "her page speaks Spanish");
  await guest.beside(page.page).inspect(`story-page-${view}`);
  await page.page.close();

  await phone.taps("Elegir");
  await phone.shows("¿Cuál de estos temas quieres volver a recibir?");
  await phone.taps("Novedades");
  await phone.shows("Volverás a recibir «Novedades»");
  want((await house.verdict({ to: LUZ, topic: "New in store" })) === "allow", "what she asked for may come");
  want((await house.verdict({ to: LUZ, topic: "Weekly offers" })) !== "allow", "and nothing else");

  await phone.turns("Offers and announcements");
  await phone.page.waitForTimeout(NEXT_SECOND_MS);
  await phone.says("START");
  await phone.shows("toca «Ofertas y anuncios»");
  want((await phone.business("Send offer")).includes("platform_opt_out"), "only she can turn Meta's switch");
  await phone.page.waitForTimeout(NEXT_SECOND_MS);
  await phone.turns("Offers and announcements");
  await phone.gets("spring_sale", () => phone.business("Send offer"), want);
  await guest.inspect(`story-back-${view}`);
}

const LUZ = "+525555550103";

/** A simulated phone on the sandbox's page, and the business beside it. */
class Phone {
  constructor(page, name) {
    Object.assign(this, { page, name, phone: page.getByRole("article", { name: `Phone of ${name}` }) });
    page.setDefaultTimeout(PATIENCE_MS);
  }

  async says(text) {
    await this.phone.getByPlaceholder(`Message as ${this.name}`).fill(text);
    await this.phone.getByRole("button", { name: `Send as ${this.name}` }).click();
  }

  shown(text) {
    return this.phone.locator(".bubble.theirs", { hasText: text });
  }

  async shows(text) {
    await this.shown(text).last().waitFor();
  }

  count(text) {
    return this.shown(text).count();
  }

  async taps(label) {
    await this.phone.getByRole("button", { name: label, exact: true }).last().click();
  }

  /** The newest link in the chat, in a page of its own. */
  async opens(pattern) {
    const opened = this.page.waitForEvent("popup");
    await this.phone.getByRole("link", { name: pattern }).last().click();
    const page = await opened;
    await page.waitForLoadState();
    return { page };
  }

  async turns(label) {
    const toggle = this.phone.getByRole("switch", { name: label });
    if (!(await toggle.isVisible())) await this.phone.locator("summary").click();
    const before = await toggle.getAttribute("aria-checked");
    await toggle.click();
    await this.phone.locator(`[role=switch][aria-label^="${label}"]:not([aria-checked="${before}"])`).waitFor();
  }

  /** The business sends; gives what the gateway answered. */
  async business(button) {
    await this.page.getByLabel("To", { exact: true }).selectOption({ label: await this.label() });
    const attempts = this.page.locator(".attempts > li");
    const before = await attempts.count();
    await this.page.getByRole("button", { name: button }).click();
    await this.page.waitForFunction((count) => document.querySelectorAll(".attempts > li").length > count, before);
    return attempts.first().innerText();
  }

  async label() {
    const options = await this.page.locator("#to option").allInnerTexts();
    return options.find((option) => option.startsWith(this.name));
  }

  /** What is done makes one more message of that template come. */
  async gets(template, act, want) {
    const before = await this.count(template);
    const told = await act();
    await this.page.waitForFunction(
      ([selector, template, before]) => [...document.querySelectorAll(selector)].filter((one) => one.innerText.includes(template)).length > before,
      [`[aria-label="Phone of ${this.name}"] .bubble.theirs`, template, before],
    ).catch(() => want(false, `\`${template}\` comes, and the gateway said: ${told}`));
  }
}
