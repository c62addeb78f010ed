// The page of a form in a browser: by itself, inside the page of a shop, and as a sheet of paper.

import { createServer } from "node:http";

const TEXTS = {
  en: { title: "Offers from our garden", intro: "Be the first to know what is in season.", kind: "Offers and news about plants, seeds and tools", frequency: "At most once a week" },
  es: { title: "Ofertas de nuestro jardín", intro: "Entérese antes que nadie de lo que es de temporada.", kind: "Ofertas y novedades sobre plantas, semillas y herramientas", frequency: "Como mucho una vez por semana" },
  pt: { title: "Ofertas do nosso jardim", intro: "Saiba antes de todos o que é da época.", kind: "Ofertas e novidades de plantas, sementes e ferramentas", frequency: "No máximo uma vez por semana", message: "Olá! Gostaria de receber as suas ofertas do jardim." },
  hi: { title: "हमारे बग़ीचे के ऑफ़र", intro: "इस मौसम में क्या आया है, सबसे पहले जानें।", kind: "पौधों, बीजों और औज़ारों के ऑफ़र और ख़बरें", frequency: "हफ़्ते में ज़्यादा से ज़्यादा एक बार" },
  ar: { title: "عروض حديقتنا", intro: "كن أول من يعرف جديد الموسم.", kind: "عروض وأخبار عن النباتات والبذور والأدوات", frequency: "مرة في الأسبوع على الأكثر" },
};
const TOPICS = ["Weekly offers", "New in store"];
/** One person may send a form only so often in a day. */
let people = 0;
const number = () => `+44 7700 9${String((people += 1)).padStart(5, "0")}`;

export const tests = {
  async "a form reads well on every screen, by day and by night"({ house, visit, want }) {
    const url = await form(house);
    for (const view of ["narrow", "small", "desktop"]) {
      for (const scheme of ["light", "dark"]) {
        const { page, guest } = await open(visit, `${url}?lang=en`, { view, scheme });
        await guest.inspect(`join-${view}-${scheme}`);
        want((await page.locator("input:checked").count()) === 0, "nothing is ticked beforehand");
        await send(page);
        await page.getByRole("alert").waitFor();
        await guest.inspect(`join-faults-${view}-${scheme}`);
        forgive(guest);
        await fill(page);
        await send(page);
        await page.getByRole("heading", { name: "Nearly done" }).waitFor();
        await guest.inspect(`joined-${view}-${scheme}`);
        const there = page.getByText("Is WhatsApp on another phone?");
        want((await there.isVisible()) === (view === "desktop"), `a code for another phone stands on wide screens only: ${view}`);
        await guest.context.close();
      }
    }
  },

  async "a form reads well in every language that it has, also from right to left"({ house, visit, want }) {
    const url = await form(house);
    for (const [locale, direction] of [["es-MX", "ltr"], ["pt-BR", "ltr"], ["hi-IN", "ltr"], ["ar-EG", "rtl"]]) {
      const { page, guest } = await open(visit, url, { locale, view: "narrow" });
      const html = page.locator("html");
      const language = locale.slice(0, 2);
      want((await html.getAttribute("lang")) === language && (await html.getAttribute("dir")) === direction, `${language} runs ${direction}`);
      await guest.inspect(`join-${language}`);
      await send(page);
      await page.getByRole("alert").waitFor();
      await guest.inspect(`join-faults-${language}`);
      forgive(guest);
      await fill(page);
      await send(page);
      await page.locator(".joined").waitFor();
      await guest.inspect(`joined-${language}`);
    }
    const { page } = await open(visit, url, { locale: "ar", view: "desktop" });
    const [box, label] = [await page.locator(".tick input").first().boundingBox(), await page.locator(".tick-label").first().boundingBox()];
    want(box.x > label.x, "in Arabic a box stands to the right of its words");
    const two = await form(house, { slug: "two", texts: { es: TEXTS.es, ar: TEXTS.ar } });
    const { page: other } = await open(visit, two, { locale: "pt-BR" });
    want((await other.locator(".languages li").count()) === 2, "only the form's own languages are offered");
    await other.getByRole("link", { name: "العربية" }).click();
    want((await other.locator("html").getAttribute("dir")) === "rtl", "and lead to the form in them");
  },

  async "without script somebody joins, and is led into the chat"({ house, visit, want }) {
    const { page, guest } = await open(visit, `${await form(house)}?lang=en`, { javaScriptEnabled: false, view: "narrow" });
    await page.getByLabel("Your WhatsApp number").fill("hello");
    await send(page);
    const faults = page.getByRole("alert").getByRole("link");
    want((await faults.count()) === 2, "both mistakes are named");
    await faults.filter({ hasText: "number" }).click();
    want(page.url().endsWith("#number"), "a mistake leads to its field");
    want((await page.getByLabel("Your WhatsApp number").inputValue()) === "hello", "what was typed is still there");
    want((await page.getByLabel("Your WhatsApp number").getAttribute("aria-invalid")) === "true", "the field says that it is wrong");
    forgive(guest);
    await fill(page);
    await send(page);
    const link = await page.getByRole("link", { name: "Open WhatsApp" }).getAttribute("href");
    want(/^https:\/\/wa\.me\/\d+\?text=.*%5B[0-9A-Z-]{19}%5D$/.test(link), `a link into the chat, with a code: ${link}`);
    want((await guest.context.cookies()).length === 0, "nothing is kept in the browser");
  },

  async "a keyboard is enough to join"({ house, visit, want }) {
    const { page } = await open(visit, `${await form(house)}?lang=en`, { view: "desktop" });
    const reach = async (locator) => {
      for (let step = 0; step < 20; step += 1) {
        if (await locator.evaluate((one) => one === document.activeElement)) return;
        want((await page.evaluate(() => document.activeElement?.id)) !== "website", "no key leads to the trap");
        await page.keyboard.press("Tab");
      }
      want(false, "every field is reached");
    };
    await reach(page.getByRole("checkbox", { name: "Weekly offers" }));
    await page.keyboard.press("Space");
    await reach(page.getByLabel("Your WhatsApp number"));
    await page.keyboard.type(number());
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Nearly done" }).waitFor();
    await reach(page.getByRole("link", { name: "Open WhatsApp" }));
  },

  async "somebody who sends a number in vain sees the mistakes first"({ house, visit, want }) {
    const { page, guest } = await open(visit, `${await form(house)}?lang=en`);
    await send(page);
    await page.getByRole("alert").waitFor();
    forgive(guest);
    want((await page.title()).startsWith("Please look at this again"), "the title says so");
    want(await page.locator("#faults").evaluate((one) => one === document.activeElement), "the mistakes have the focus");
  },

  async "a program that fills in everything gets a plain page"({ house, visit, want }) {
    const { page, guest } = await open(visit, `${await form(house)}?lang=en`, { view: "narrow" });
    await fill(page);
    const trap = page.locator("#website");
    want(!(await trap.evaluate((one) => one.checkVisibility() && one.getBoundingClientRect().bottom > 0)), "no person sees the trap");
    await trap.evaluate((one) => (one.value = "https://spam.example"));
    await send(page);
    await page.getByRole("heading", { name: "We could not use that" }).waitFor();
    await guest.inspect("join-unusable");
    forgive(guest);
    await page.getByRole("link", { name: "Open the form again" }).click();
    await page.getByRole("heading", { name: TEXTS.en.title }).waitFor();
  },

  async "a shop that the form names shows it in a frame, and another does not"({ house, visit, want }) {
    const shop = await Shop.open();
    const other = await Shop.open();
    try {
      const url = await form(house, { frames: [shop.origin] });
      shop.shows = other.shows = `${url}?lang=en&embed=1`;
      house.origins.push(shop.origin, other.origin);
      const { page, guest } = await open(visit, shop.origin, { view: "desktop" });
      const inside = page.frameLocator("iframe");
      await inside.getByRole("heading", { name: TEXTS.en.title }).waitFor();
      want((await inside.locator(".monogram").count()) === 0, "nothing stands around it");
      await page.screenshot(guest.shot("join-inside"));
      await inside.getByRole("checkbox", { name: "Weekly offers" }).check();
      await inside.getByLabel("Your WhatsApp number").fill(number());
      await inside.getByRole("button").click();
      const link = inside.getByRole("link", { name: "Open WhatsApp" });
      await link.waitFor();
      want((await link.getAttribute("target")) === "_blank" && (await link.getAttribute("rel")).includes("noopener"), "the chat opens beside the shop");
      await page.screenshot(guest.shot("joined-inside"));
      const { page: stranger, guest: theirs } = await open(visit, other.origin, { view: "desktop" });
      const frame = stranger.frames().find((one) => one !== stranger.mainFrame());
      want(!(await frame.content()).includes("ticket"), "a shop that is not named shows nothing");
      want(theirs.findings.some((finding) => finding.includes("frame-ancestors")), "the browser says why");
      forgive(theirs);
    } finally {
      await shop.close();
      await other.close();
    }
  },

  async "a poster fits on one sheet of paper, and is black on white"({ house, visit, want }) {
    const url = await form(house);
    for (const language of ["en", "ar"]) {
      const link = await house.api("POST", "/api/v1/forms/garden/links", { name: "till", language });
      for (const [view, scheme] of [["desktop", "light"], ["desktop", "dark"], ["narrow", "dark"]]) {
        const { page, guest } = await open(visit, link.sheet, { view, scheme });
        want(await page.getByText(link.code, { exact: true }).isVisible(), "the code stands on it");
        await guest.inspect(`poster-${language}-${view}-${scheme}`);
        await page.emulateMedia({ media: "print", colorScheme: scheme });
        const colours = await page.locator(".poster").evaluate((one) => [getComputedStyle(one).color, getComputedStyle(one).backgroundColor]);
        want(colours.join() === "rgb(0, 0, 0),rgb(255, 255, 255)", `printed in black on white, not ${colours}`);
        want(!(await page.locator(".tools").isVisible()), "buttons are not printed");
        for (const format of ["A4", "Letter"]) {
          const pdf = await page.pdf({ format, printBackground: true, ...guest.paper(`poster-${language}-${format}`) });
          const pages = pdf.toString("latin1").match(/\/Type\s*\/Page\b/g).length;
          want(pages === 1, `one sheet of ${format}, not ${pages}`);
        }
        await guest.context.close();
      }
      for (const [address, kind] of [[link.qr_svg, "image/svg+xml"], [link.qr_png, "image/png"], [`${url}/qr.png`, "image/png"]]) {
        const answer = await fetch(address);
        want(answer.ok && answer.headers.get("content-type") === kind, `${address} is ${kind}`);
      }
    }
  },
};

/** A page of somebody else that shows a form of ours. */
class Shop {
  static async open() {
    const shop = new Shop();
    shop.server = createServer((_, answer) => {
      answer.setHeader("content-type", "text/html; charset=utf-8");
      answer.end(`<!doctype html><html lang="en"><title>Shop</title><link rel="icon" href="data:,"><h1>A shop</h1><iframe src="${shop.shows}" title="Offers" width="560" height="860"></iframe>`);
    });
    await new Promise((resolve) => shop.server.listen(0, "127.0.0.1", resolve));
    // By this name it is another site than the house, and not only another origin.
    shop.origin = `http://localhost:${shop.server.address().port}`;
    return shop;
  }

  close() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}

async function form(house, differs = {}) {
  const body = { slug: "garden", topics: TOPICS, texts: TEXTS, ...differs };
  return (await house.api("POST", "/api/v1/forms", body)).url;
}

async function fill(page) {
  await page.locator(".tick input").first().check();
  await page.locator("#number").fill(number());
}

async function send(page) {
  await page.locator("form.join button").click();
}

/** The browser itself complains of every answer that is not 200. */
function forgive(guest) {
  guest.findings = guest.findings.filter((finding) => !/status of 4\d\d|frame-ancestors|Framing/.test(finding));
}

async function open(visit, url, how) {
  const guest = await visit(how);
  await guest.open(url);
  return { guest, page: guest.page };
}
