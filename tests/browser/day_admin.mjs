// An admin's day: the first to come in, with a second factor; a colleague, whose role changes; and every page by keyboard.

import { createHmac } from "node:crypto";

const PASSWORD = "four green garden gates";
const OTHER = "a quiet river in autumn";
const STEP_MS = 30_000;

export const tests = {
  async "an admin's day: the first link, a second factor, and a colleague whose role changes"({ serve, visit, want }) {
    const house = await serve();
    const admin = await visit({ view: "desktop", locale: "en-GB", house });
    const { page } = admin;
    admin.expects(401, 404, 422);
    await admin.open(house.ready.first_admin);
    await page.getByText("You are the first here").waitFor();
    await page.getByLabel("Name").fill("Alba Reyes");
    await page.getByLabel("E-mail address").fill("alba@shop.example");
    await page.locator("#password").fill("short");
    await page.locator("#again").fill("short");
    want(await page.locator("#password").evaluate((one) => !one.checkValidity()), "a short password is refused at once");
    await page.locator("#password").fill(PASSWORD);
    await page.locator("#again").fill(PASSWORD);
    await page.locator("#again").press("Enter");
    await page.locator("nav.nav").waitFor();
    want((await admin.context.request.get(house.ready.first_admin)).status() === 404, "the link counts once");

    // A second factor, as an app on a phone reads it.
    await admin.go("/account");
    await page.getByRole("link", { name: "Add an authenticator" }).click();
    await page.getByRole("img", { name: "QR code for the app" }).waitFor();
    const secret = (await page.locator("code.secret").innerText()).trim();
    await page.locator("#code").fill(code(secret, 0));
    await page.locator("#old").fill(PASSWORD);
    await page.locator("#old").press("Enter");
    await page.locator("section", { has: page.locator("#factor") }).getByText("On", { exact: true }).waitFor();
    await admin.menuOut();
    await signIn(page, "alba@shop.example", "not this one at all");
    await page.getByRole("alert").waitFor();
    await signIn(page, "alba@shop.example", PASSWORD);
    await page.getByRole("heading", { name: "Your code" }).waitFor();
    await page.locator("#code").fill(code(secret, 0) === "000000" ? "111111" : "000000");
    await page.locator("#code").press("Enter");
    await page.getByRole("alert").getByText("wrong or was used already").waitFor();
    // The code of the step before was used: the next one counts, and a clock may be off by one.
    await page.locator("#code").fill(code(secret, 1));
    await page.locator("#code").press("Enter");
    await page.locator("nav.nav").waitFor();

    // A colleague comes by a link.
    await admin.menu("/settings/users");
    await page.locator("#name").fill("Bo Lund");
    await page.locator("#email").fill("bo@shop.example");
    await page.getByRole("radio", { name: /^Viewer/ }).check();
    await page.getByRole("button", { name: "Make a link" }).click();
    const link = await page.locator("#link").inputValue();
    const colleague = await visit({ view: "phone", locale: "es-MX", house });
    await colleague.open(link);
    await colleague.page.locator("#password").fill(OTHER);
    await colleague.page.locator("#again").fill(OTHER);
    await colleague.page.locator("#again").press("Enter");
    await colleague.page.locator("nav.nav").waitFor({ state: "attached" });
    want((await colleague.page.locator("html").getAttribute("lang")) === "es", "who reads Spanish is spoken to in Spanish");
    colleague.expects(403);
    want((await colleague.go("/inbox/texts")) === 403, "a viewer talks to nobody");

    // A change of role ends what was open.
    await page.reload();
    await admin.go("/settings/users");
    const row = page.getByRole("row", { name: /Bo Lund/ });
    await row.getByText("Active").waitFor();
    await row.getByRole("combobox").selectOption("agent");
    await row.getByRole("button", { name: "Save" }).click();
    await page.waitForURL(/\/settings\/users/);
    await colleague.go("/inbox/texts");
    want(new URL(colleague.page.url()).pathname === "/login", "the colleague's session has ended");
    await signIn(colleague.page, "bo@shop.example", OTHER);
    await colleague.page.waitForURL(/\/inbox\/texts$/);
    await colleague.page.locator("#title").waitFor();

    // And whoever is removed is out.
    await admin.go("/settings/users");
    await row.getByText("Remove", { exact: true }).click();
    await row.getByRole("button", { name: "Yes, remove Bo Lund" }).click();
    await row.waitFor({ state: "detached" });
    await colleague.go("/inbox");
    want(new URL(colleague.page.url()).pathname === "/login", "a removed colleague is signed out");
  },

  async "an admin reaches every page by the keyboard, and sees where they are"({ house, visit, want }) {
    const admin = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = admin;
    await admin.signIn("admin");
    await page.keyboard.press("Tab");
    want(await page.evaluate(() => document.activeElement.matches(".skip")), "the first key leads to the way past the menu");
    const skip = await page.locator(".skip").boundingBox();
    want(skip.x >= 0 && skip.y >= 0 && skip.width > 20, "which is in sight then");
    await page.keyboard.press("Enter");
    want(await page.evaluate(() => document.activeElement.id === "main"), "and leads to the page");
    const all = () => page.locator("nav.nav a").evaluateAll((found) => found.map((one) => one.getAttribute("href")));
    const queue = await all(), known = new Set(queue);
    want(queue.length >= 10, "the menu has every page");
    for (let path = queue.shift(); path; path = queue.shift()) {
      await admin.tabTo(page.locator(`nav.nav a[href="${path}"]`));
      want(await showsFocus(page), `where the keyboard is can be seen: ${path}`);
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.pathname === path || url.pathname.startsWith(`${path}/`));
      await page.locator("h1").first().waitFor({ state: "attached" });
      want((await page.locator("nav.nav [aria-current=page]").count()) === 1, `the menu says where one is: ${path}`);
      // Whatever the keyboard reaches first on the page shows that it was reached.
      const hidden = [];
      for (let step = 0; step < 8; step += 1) {
        await page.keyboard.press("Tab");
        if (!(await showsFocus(page))) hidden.push(await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120)));
      }
      want(hidden.length === 0, `focus is seen everywhere on ${path}: ${hidden.join("\n")}`);
      await page.evaluate(() => document.activeElement?.blur());
      // A group of the menu opens where one is in it: its pages come next.
      const more = (await all()).filter((one) => !known.has(one));
      more.forEach((one) => known.add(one));
      queue.unshift(...more);
    }
  },
};

async function signIn(page, email, password) {
  await page.locator("#email").fill(email);
  await page.locator("#password").fill(password);
  await page.locator("#password").press("Enter");
}

/** Whether what has the keyboard differs from how it looks without: an outline, a shadow or a border. */
function showsFocus(page) {
  return page.evaluate(() => {
    const one = document.activeElement;
    if (!one || one === document.body) return true;
    const look = () => {
      const style = getComputedStyle(one), label = one.closest("label"), around = label ? getComputedStyle(label) : style;
      return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor, around.outlineStyle, around.boxShadow].join();
    };
    const now = look();
    if (getComputedStyle(one).outlineStyle !== "none" && parseFloat(getComputedStyle(one).outlineWidth) > 0) return true;
    one.blur();
    const then = look();
    one.focus({ focusVisible: true });
    return now !== then;
  });
}

/** The code that an app shows (RFC 6238), so many steps of thirty seconds from now. */
function code(base32, ahead) {
  const bits = [...base32.replaceAll(/[^A-Z2-7]/g, "")].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(Math.floor(Date.now() / STEP_MS) + ahead));
  const hash = createHmac("sha1", key).update(count).digest();
  const at = hash.at(-1) & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}
