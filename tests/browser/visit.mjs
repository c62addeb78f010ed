// One page of one browser, watched: whatever goes wrong in it is a finding.

export const VIEWS = {
  phone: { width: 390, height: 844 },
  narrow: { width: 360, height: 740 },
  small: { width: 320, height: 568 },
  desktop: { width: 1280, height: 900 },
  wide: { width: 1600, height: 1000 },
};
/** Longer than anything takes on a machine that does other things too. */
const PATIENCE_MS = 20_000;
/** What the rules of axe are about: WCAG 2.2 at level AA, and what its makers recommend beside it. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export function want(holds, sentence) {
  if (!holds) throw new Error(`wanted: ${sentence}`);
}

export class Visit {
  /** `tools` is what every visit of a run shares: the source of axe, and where pictures go. */
  constructor(page, context, house, tools) {
    Object.assign(this, { page, context, house, tools, findings: [], seen: [], refusals: new Set() });
    page.setDefaultTimeout(PATIENCE_MS);
    page.on("console", (line) => ["error", "warning"].includes(line.type()) && this.hears(line.text()));
    page.on("pageerror", (error) => this.findings.push(`script: ${error.message}`));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "blob:" && url.protocol !== "data:" && !house.origins.includes(url.origin)) this.findings.push(`asked elsewhere: ${request.url()}`);
    });
  }

  hears(text) {
    const status = /Failed to load resource: the server responded with a status of (\d+)/.exec(text)?.[1];
    if (!status || !this.refusals.has(Number(status))) this.findings.push(`console: ${text}`);
  }

  /** Pages with these statuses are wanted here; the browser itself complains of them. */
  expects(...statuses) {
    for (const status of statuses) this.refusals.add(status);
  }

  /** The same visitor with another page that they opened. */
  beside(page) {
    return Object.assign(Object.create(Visit.prototype), this, { page });
  }

  async open(url) {
    const answer = await this.page.goto(url);
    return answer.status();
  }

  /** A page of the dashboard. */
  async go(path) {
    return this.open(`${this.house.origin}${path}`);
  }

  /** As one of the sandbox's staff. */
  async signIn(role) {
    await this.open(this.house.ready.sign_in_as[role]);
    await this.page.locator("nav.nav").waitFor({ state: "attached" });
  }

  /** By the menu, as somebody finds it who has not learned its address: there, or on the page of the settings. */
  async menu(path) {
    const { page } = this;
    const inMenu = page.locator(`nav.nav a[href="${path}"]`);
    if (!(await inMenu.count())) await this.menu("/settings");
    const link = page.locator(`nav.nav a[href="${path}"], main a[href="${path}"]`).first();
    if (!(await link.isVisible())) await page.locator("details.menu > summary").click();
    await link.click();
    await page.waitForURL((url) => url.pathname === path || url.pathname.startsWith(`${path}/`));
  }

  /** Signs out by the button of the menu. */
  async menuOut() {
    await this.page.locator("form[action$='/logout'] button").click();
    await this.page.waitForURL(/\/login/);
  }

  /** Whether the page scrolls sideways, in words, or nothing. */
  async tooWide() {
    const [is, may] = await this.page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    return is > may ? `the page is ${is} px wide on ${may} px` : null;
  }

  /** What axe says against the page as it is, a line each; by some of its rules, where they are named. */
  async complaints(some) {
    await this.page.evaluate(this.tools.axe);
    const runOnly = some ? { type: "rule", values: some } : { type: "tag", values: RULES };
    const { violations } = await this.page.evaluate((asked) => axe.run({ runOnly: asked, resultTypes: ["violations"] }), runOnly);
    return violations.map((one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" ")}`);
  }

  /** Nothing is wider than the screen, and axe finds nothing. */
  async inspect(name) {
    const wide = await this.tooWide();
    want(!wide, `${name}: ${wide}`);
    const told = await this.complaints();
    want(told.length === 0, `${name}: ${told.join("\n")}`);
    if (this.tools.screens) await this.page.screenshot(this.shot(name));
  }

  /** Where a picture of the page goes, for whoever wants to look at it. */
  shot(name) {
    return { fullPage: true, ...(this.tools.screens && { path: `${this.tools.screens}/${name}.png` }) };
  }

  /** The same for what would come out of a printer. */
  paper(name) {
    return this.tools.screens ? { path: `${this.tools.screens}/${name}.pdf` } : {};
  }

  /** What a click downloads: its name and its bytes. */
  async download(link) {
    const [file] = await Promise.all([this.page.waitForEvent("download"), link.click()]);
    const chunks = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk);
    return { name: file.suggestedFilename(), path: await file.path(), bytes: Buffer.concat(chunks) };
  }

  /** Presses Tab until something has the keyboard, as somebody without a mouse does. */
  async tabTo(locator, times = 80) {
    for (let step = 0; step < times; step += 1) {
      if (await locator.evaluate((one) => one === document.activeElement).catch(() => false)) return;
      await this.page.keyboard.press("Tab");
    }
    throw new Error(`wanted: Tab leads to ${locator}`);
  }
}
