// A compliance officer's day: agreements with their evidence, rules that are tried before they count, and proofs for outsiders.

import { readFile } from "node:fs/promises";
import { until } from "./house.mjs";

const ADA = "+447700900123";
const ANA = "+5551998765432";
const SAM = "+12025550142";
const BEN = "+447700900188";
const WORDING = "Yes, send me garden offers on WhatsApp.";

export const tests = {
  async "a compliance officer's day: nobody is opted in without evidence, and a file is evidence"({ house, visit, want }) {
    await house.hears("ben", "Hello");
    await house.hears("noor", "Hello");
    const officer = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = officer;
    officer.expects(422);
    await officer.signIn("compliance");
    await officer.menu("/consent");
    const ben = page.getByRole("row", { name: /Ben Carter/ });
    const dialog = page.getByRole("dialog");
    want((await ben.getByRole("switch").getAttribute("aria-checked")) === "false", "Ben has not agreed");
    await ben.getByRole("switch").click();
    await dialog.getByText("An opt-in counts only with evidence").waitFor();
    await dialog.getByRole("button", { name: "Record the opt-in" }).click();
    want(await dialog.locator("#in-source").evaluate((one) => !one.checkValidity()), "the browser asks where he agreed");
    await dialog.locator("#in-source").fill("shop_form");
    await dialog.getByRole("button", { name: "Record the opt-in" }).click();
    await dialog.getByRole("alert").getByText("Nothing was recorded").waitFor();
    want((await house.verdict({ to: BEN, category: "marketing" })) === "no_consent", "a source alone opts nobody in");
    want((await dialog.locator("#in-source").inputValue()) === "shop_form", "what was typed is still there");
    await dialog.locator("#in-wording").fill(WORDING);
    await dialog.locator("#in-wording").press("Tab");
    await officer.tabTo(dialog.getByRole("button", { name: "Record the opt-in" }));
    await page.keyboard.press("Enter");
    await page.getByText("Opted in. It is in force.").waitFor();
    want((await house.verdict({ to: BEN, category: "marketing" })) === "allow", "with both he is");
    want((await page.getByRole("row", { name: /Ben Carter/ }).getByRole("switch").getAttribute("aria-checked")) === "true", "the switch says so");

    // Noor signed a sheet of paper.
    await page.getByRole("row", { name: /Noor Haddad/ }).getByRole("switch").click();
    await dialog.locator("#in-source").fill("trade_fair");
    const sheet = Buffer.from("%PDF-1.4 a sheet with a signature %%EOF");
    await dialog.locator("#in-file").setInputFiles({ name: "sheet.pdf", mimeType: "application/pdf", buffer: sheet });
    await dialog.getByRole("button", { name: "Record the opt-in" }).click();
    await page.getByText("Opted in. It is in force.").waitFor();
    await page.getByRole("row", { name: /Noor Haddad/ }).getByRole("link", { name: "Noor Haddad", exact: true }).click();
    const kept = await officer.download(page.getByRole("link", { name: "sheet.pdf" }));
    want(kept.bytes.equals(sheet), "the sheet comes back as it was");

    // The switch turns off at once, with nothing to say for it.
    await officer.menu("/consent");
    await page.getByRole("row", { name: /Ben Carter/ }).getByRole("switch").click();
    await page.getByText("Opted out. It is in force.").waitFor();
    want((await house.verdict({ to: BEN, category: "marketing" })) === "opted_out_category", "and at once it is in force");
  },

  async "a person who switched offers off in WhatsApp is theirs to bring back, and the pages say so"({ house, visit, want }) {
    await house.does("ana", "offers", { on: false });
    const officer = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = officer;
    await officer.signIn("compliance");
    await officer.menu("/consent");
    await page.locator(".filter-panel > summary").click();
    await page.locator("#platform").selectOption("stopped");
    await page.getByRole("search").getByRole("button", { name: "Show" }).click();
    await page.getByText("One customer").waitFor();
    const theirs = page.locator("tbody td.theirs");
    await theirs.getByText("Marketing messages opted out via WhatsApp").waitFor();
    want((await theirs.locator("button, input, [role=switch]").count()) === 0, "WhatsApp's side has no switch");
    await theirs.getByRole("link", { name: "What now?" }).click();
    await page.getByRole("dialog").getByText("Switch it on again.").waitFor();
    want((await page.getByRole("dialog").locator("button, input").count()) === 0, "there are steps to send, and nothing to press");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });

    // Even evidence lifts nothing of theirs.
    await page.locator("tbody tr").getByRole("switch").click();
    await page.getByText("Opted out. It is in force.").waitFor();
    await page.locator("tbody tr").getByRole("switch").click();
    await page.getByRole("dialog").getByText("nothing is sent until they switch it on there").waitFor();
    await page.locator("#in-source").fill("phone_call");
    await page.locator("#in-wording").fill(WORDING);
    await page.getByRole("button", { name: "Record the opt-in" }).click();
    await page.getByText("it is not in force").waitFor();
    want((await house.verdict({ to: ANA, category: "marketing" })) === "platform_opt_out", "no offer goes");
    await house.does("ana", "offers", { on: true });
    want((await house.verdict({ to: ANA, category: "marketing" })) === "allow", "until she switches it on herself");
  },

  async "a compliance officer opts out as many as they confirmed, and no other"({ house, visit, want }) {
    const tag = (number) => house.person(number).then((id) => house.api("PATCH", `/api/v1/contacts/${id}`, { tags: { add: ["complaint"] } }));
    await tag(ADA);
    await tag(ANA);
    const officer = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = officer;
    officer.expects(409, 422);
    await officer.signIn("compliance");
    await officer.go("/consent?tag=complaint");
    await page.getByRole("link", { name: "Opt out all" }).click();
    await page.getByRole("dialog").getByText("This is about 2 customers.").waitFor();
    // Somebody else tags a third one meanwhile.
    await tag(SAM);
    await page.getByRole("button", { name: "Yes, all 2" }).click();
    await page.getByText("Meanwhile the list has changed.").waitFor();
    want((await house.verdict({ category: "marketing" })) === "allow", "nothing was done yet");
    await page.getByRole("button", { name: "Yes, all 3" }).click();
    await page.getByText("3 customers were changed.").waitFor();
    for (const to of [ADA, ANA, SAM]) want((await house.verdict({ to, category: "marketing" })) === "opted_out_category", `${to} gets no offers`);
  },

  async "a compliance officer tries other rules on everybody before they count"({ house, visit, want }) {
    await house.hears("ben", "Hello");
    const officer = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = officer;
    await officer.signIn("compliance");
    await officer.menu("/consent");
    await page.locator("main").getByRole("link", { name: "Consent settings" }).click();
    await page.locator("#new-stop").fill("basta ya");
    await page.locator("#new-stop").press("Enter");
    await page.locator(".chip", { hasText: "BASTA YA" }).waitFor();
    await page.getByLabel(/Marketing needs an opt-in/).uncheck();
    want((await page.getByRole("button", { name: "Save" }).count()) === 0, "nothing is saved before it was tried");
    await page.getByRole("button", { name: "Who would be blocked or allowed?" }).click();
    const result = page.locator("#result");
    const stat = async (what) => Number(await result.locator(".stat", { hasText: what }).locator(".stat-value").innerText());
    want((await stat("newly allowed")) === 1 && (await stat("newly blocked")) === 0, "Ben, who never agreed, would get offers");
    await result.getByText("Some of them").click();
    await result.getByRole("link", { name: "Ben Carter" }).waitFor();
    want((await house.verdict({ to: BEN, category: "marketing" })) === "no_consent", "and does not yet");

    // That was not meant: only the word is kept.
    await page.getByLabel(/Marketing needs an opt-in/).check();
    await page.getByRole("button", { name: "Who would be blocked or allowed?" }).click();
    want((await stat("newly allowed")) === 0, "nothing changes for anybody now");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved. The new rules are in force.").waitFor();
    await house.hears("ada", "Basta ya!");
    want((await house.verdict({ category: "marketing" })) === "opted_out_category", "the new word stops offers");

    // The master switch off: a stop word holds, and waits for somebody.
    await officer.menu("/settings/consent");
    await page.getByRole("switch", { name: /A stop word opts out at once/ }).uncheck();
    await page.getByRole("button", { name: "Who would be blocked or allowed?" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved. The new rules are in force.").waitFor();
    await house.hears("sam", "STOP");
    want((await house.verdict({ to: SAM, category: "marketing" })) === "held", "it is held, never ignored");
  },

  async "a compliance officer proves what happened to whoever asks"({ house, visit, want }) {
    await house.hears("ada", "STOP");
    const officer = await visit({ view: "desktop", locale: "en-GB" });
    const { page } = officer;
    officer.expects(404, 409, 503);
    await officer.signIn("compliance");
    await officer.go(`/customers/${house.ada}`);
    await page.locator("#glance").getByText("What may be sent").or(page.locator("h2#glance")).first().waitFor();
    await page.getByText("Why?").first().click();
    await page.getByText("They opted out of messages of this kind.").first().waitFor();
    await page.getByText("Only they can lift this, by agreeing again.").first().waitFor();

    // Back in time: before the STOP she had agreed.
    const slider = page.getByLabel("Back in time");
    await slider.focus();
    await page.keyboard.press("Home");
    for (let step = 0; step < 5; step += 1) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(/step=5/);
    const then = page.locator("[role=status]", { hasText: "With us" });
    want(/Opted in/.test(await then.innerText()), `she had agreed then: ${await then.innerText()}`);
    await page.getByRole("link", { name: "Back to now" }).click();
    await page.getByText("As it is now.").waitFor();

    // Everything as one document.
    const all = await officer.download(page.getByRole("link", { name: "Everything as a file" }));
    const document = JSON.parse(all.bytes.toString());
    want(all.bytes.toString().includes(ADA) && JSON.stringify(document).includes("STOP"), "it holds who she is and what she said");

    // A proof, checked by the command without a network, with the key of the page.
    await officer.menu("/ledger");
    const key = await page.locator("#key").inputValue();
    await officer.go(`/customers/${house.ada}`);
    const event = page.locator(".timeline li", { hasText: "Opted out" }).first();
    const href = await event.getByRole("link", { name: "Proof" }).getAttribute("href");
    // The log is signed a moment after the event.
    await until(async () => (await officer.context.request.get(`${house.origin}${href}`)).ok(), "the event stands under a checkpoint");
    const proof = await officer.download(event.getByRole("link", { name: "Proof" }));
    const said = await house.command("verify", proof.path, "--key", key);
    want(/holds|proved|valid|stands/i.test(said), `the proof holds: ${said}`);
    want((await readFile(proof.path, "utf8")).includes("7700900123") === false, "and names nobody");

    await officer.menu("/ledger");
    await page.getByRole("button", { name: "Verify now" }).click();
    await page.getByText("Everything fits").waitFor();
    const events = page.locator(".stat", { hasText: "events compared" }).locator(".stat-value");
    want(Number((await events.innerText()).replace(/\D/g, "")) > 5, "every event was compared");
  },

  async "a compliance officer takes out a segment, and no cell of it is a formula"({ house, visit, want }) {
    const name = '=HYPERLINK("http://evil.example")';
    const list = `phone,name,tags\n+447700900401,"${name.replaceAll('"', '""')}",spring\n`;
    const answer = await fetch(`${house.origin}/api/v1/import`, { method: "POST", body: list, headers: { authorization: `Bearer ${house.ready.api_key}`, "content-type": "text/csv" } });
    want(answer.ok, "the list comes in");
    await answer.text();
    const { id } = await house.api("POST", "/api/v1/segments", { name: "Spring", condition: { tag: "spring" } });
    const officer = await visit({ view: "desktop", locale: "en-GB" });
    await officer.signIn("compliance");
    await officer.go(`/segments/${id}`);
    const file = await officer.download(officer.page.getByRole("link", { name: "Export as CSV" }));
    const text = file.bytes.toString();
    want(text.includes("+447700900401") && text.includes("'=HYPERLINK"), `the number is whole and the formula is text: ${text}`);
  },

  async "a compliance officer without a script opts somebody in with evidence and verifies the log"({ house, visit, want }) {
    await house.hears("ben", "Hello");
    const officer = await visit({ view: "phone", locale: "en-GB", javaScriptEnabled: false });
    const { page } = officer;
    await officer.signIn("compliance");
    await officer.menu("/consent");
    await page.getByRole("row", { name: /Ben Carter/ }).getByRole("switch").click();
    await page.locator("#in-source").fill("shop_form");
    await page.locator("#in-wording").fill(WORDING);
    await page.getByRole("button", { name: "Record the opt-in" }).click();
    await page.getByText("Opted in. It is in force.").waitFor();
    want((await house.verdict({ to: BEN, category: "marketing" })) === "allow", "it counts");
    await officer.menu("/ledger");
    await page.getByRole("button", { name: "Verify now" }).click();
    await until(async () => {
      if (await page.getByText("Everything fits").count()) return true;
      await page.getByRole("link", { name: "Look again" }).click();
      return false;
    }, "the log was verified");
  },
};
