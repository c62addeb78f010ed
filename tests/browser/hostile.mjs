// Five hundred hostile strings in a real browser: nothing runs, nothing is asked elsewhere, nothing is made, nothing turns.

import { readFile } from "node:fs/promises";

const PATIENCE_MS = 15_000;
/** Strings that one customer says, one after the other. */
const SAID = 24;
/** Where they are put in; every string is in one of them at least. */
const PLACES = ["tag", "attribute", "reply", "title", "segment", "wording", "topic", "key", "member"];

export const tests = {
  async "five hundred hostile strings are text on every page, and do nothing"(tools) {
    const { house, visit, want } = tools;
    const strings = await families();
    want(strings.length >= 500, `500 strings, and there are ${strings.length}`);
    const taken = await putIn(house, strings);
    want(taken > strings.length / 2, `most of them are taken somewhere, and ${taken} were`);
    const guest = await visit({ view: "desktop" });
    const findings = await guard(guest, house);
    await guest.open(house.ready.sign_in_as.admin);
    await enter(guest);
    for (const path of await pages(house)) {
      await guest.open(`${house.origin}${path}`);
      await guest.page.waitForLoadState("load");
      findings.push(...(await look(guest.page)).map((one) => `${path}: ${one}`));
      want(findings.length === 0, `nothing happens on ${path}, and there is: ${findings.slice(0, 5).join("\n")}`);
    }
    const queries = ["/customers?search=", "/consent?tag=", "/inbox?search=", "/ledger?event=", "/customers?attribute=", "/reports?by="];
    for (const [at, text] of strings.entries()) {
      if (at % 7) continue;
      const path = queries[(at / 7) % queries.length] + encodeURIComponent(text.slice(0, 800));
      await guest.open(`${house.origin}${path}`);
      findings.push(...(await look(guest.page)).map((one) => `${path}: ${one}`));
    }
    want(findings.length === 0, `no question is answered with more than text, and there is: ${findings.slice(0, 5).join("\n")}`);
    // A question that makes no sense is answered with 400, of which the browser writes a line of its own.
    guest.findings = guest.findings.filter((line) => !/the server responded with a status of 4\d\d/.test(line));
  },

  async "what hostile people say arrives in the inbox while it is open, as text"({ house, visit, want }) {
    const strings = (await families()).filter((text) => text.length < 1_000 && !text.includes("\0"));
    const agent = await visit({ view: "wide" });
    agent.page.setDefaultTimeout(PATIENCE_MS);
    const findings = await guard(agent, house);
    await agent.open(house.ready.sign_in_as.agent);
    await enter(agent);
    await house.control("POST", "customers/ada/say", { text: "Hello" });
    await agent.open(`${house.origin}/inbox`);
    await agent.page.getByRole("link", { name: /Ada Example/ }).click();
    const step = Math.floor(strings.length / SAID);
    const said = strings.filter((_, at) => at % step === 0).slice(0, SAID);
    for (const text of said) await house.control("POST", "customers/ada/say", { text });
    await house.control("POST", "customers/ada/say", { text: "That was all." });
    const chat = agent.page.locator(".inbox-chat");
    await chat.getByText("That was all.").waitFor();
    const seen = (await chat.locator(".say-in .say-text").allTextContents()).map(plain);
    const missing = said.map(plain).filter((text) => !seen.includes(text));
    want(missing.length === 0, `each is there word for word, and these are not: ${missing.join("\n")}`);
    findings.push(...(await look(agent.page)));
    want(findings.length === 0, `nothing happens, and there is: ${findings.join("\n")}`);
  },

  async "a name that turns the writing does not turn what stands beside it"({ house, visit, want }) {
    const names = ["\u202eanA", "\u2069\u202eanA", "\u2067\u2067\u202e anA", "\u202e\u2069\u202c\u202eanA", "שלום"];
    const { items } = await house.api("GET", `/api/v1/contacts?search=${encodeURIComponent("+447700900123")}`);
    const attributes = Object.fromEntries(names.map((name, at) => [`${name} ${at}`, name]));
    await house.api("PATCH", `/api/v1/contacts/${items[0].id}`, { attributes });
    const guest = await visit({ view: "desktop" });
    await guest.open(house.ready.sign_in_as.admin);
    await enter(guest);
    for (const path of ["/customers?search=%2B447700900123", `/customers/${items[0].id}`]) {
      await guest.open(`${house.origin}${path}`);
      const turned = await guest.page.evaluate(turnedBeside);
      want(turned.length >= names.length, `those names are on ${path}, and there are ${turned.length}`);
      want(turned.every((one) => !one), `what follows a name on ${path} reads from left to right`);
    }
  },
};

/** The strings of `tests/hostile.json`, numbered: the same that the tests in Rust make. */
async function families() {
  const made = JSON.parse(await readFile(new URL("../hostile.json", import.meta.url), "utf8"));
  const product = ({ parts }) => parts.reduce((done, part) => done.flatMap((begin) => part.map((end) => begin + end)), [""]);
  const long = made.long.map(({ begin, repeat, times }) => begin + repeat.repeat(times));
  return [...made.families.flatMap(product), ...long].map((text, at) => text.replaceAll("#", at));
}

/** Puts each string in two places; gives how many were taken. What is refused is refused with a sentence. */
async function putIn(house, strings) {
  const { items } = await house.api("GET", "/api/v1/contacts?limit=50");
  const contacts = items.map((one) => one.id);
  let taken = 0;
  for (const [at, text] of strings.entries()) {
    const contact = contacts[at % contacts.length];
    const ways = {
      tag: ["PATCH", `/contacts/${contact}`, { tags: [text] }],
      attribute: ["PATCH", `/contacts/${contact}`, { attributes: { [`made ${at}`]: text } }],
      reply: ["POST", "/quick_replies", { title: `Reply ${at}`, body: text }],
      title: ["POST", "/quick_replies", { title: text, body: "Reply" }],
      segment: ["POST", "/segments", { name: text, condition: { tag: text } }],
      wording: ["POST", "/events", { to: `+447700900${String(at).padStart(3, "0")}`, kind: "opt_in", evidence: { source: "web_form", wording: text, note: text } }],
      topic: ["POST", "/topics", { name: text, category: "marketing", description: text }],
      key: ["POST", "/keys", { name: text, role: "read" }],
      member: ["POST", "/users", { email: `u${at}@shop.example`, name: text, role: "viewer" }],
    };
    for (const turn of [at, at + 5]) {
      const [method, path, body] = ways[PLACES[turn % PLACES.length]];
      const answer = await fetch(`${house.origin}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${house.ready.api_key}`, "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      if (answer.ok) taken += 1;
      else if (answer.status >= 500 || !(await answer.json()).detail) throw new Error(`${method} ${path} ${JSON.stringify(text.slice(0, 80))}: ${answer.status}`);
    }
  }
  return taken;
}

/** The pages that the menu leads to, those of single people, and every page that these lists lead to once. */
async function pages(house) {
  const { items } = await house.api("GET", "/api/v1/contacts?limit=12");
  const segments = (await house.api("GET", "/api/v1/segments")).items.slice(-12);
  return [
    ...["/", "/consent", "/customers", "/segments", "/segments/new", "/inbox", "/inbox/texts", "/import", "/ledger", "/account"],
    ...["/reports", "/reports/consent?by=topic", "/reports/consent?by=source", "/reports/numbers", "/reports/alerts"],
    ...["/settings/consent", "/settings/attributes", "/settings/users"],
    ...items.flatMap(({ id }) => [`/customers/${id}`, `/customers?edit=${id}`]),
    ...segments.map(({ id }) => `/segments/${id}`),
  ];
}

/** Whatever a string could make happen is kept. */
async function guard(guest, house) {
  const findings = [];
  guest.page.on("dialog", (dialog) => (findings.push(`a dialog: ${dialog.message()}`), dialog.dismiss()));
  guest.page.on("popup", (page) => findings.push(`a window: ${page.url()}`));
  guest.page.on("download", (file) => findings.push(`a file: ${file.url()}`));
  guest.page.on("request", (request) => {
    if (!house.origins.includes(new URL(request.url()).origin)) findings.push(`asked elsewhere: ${request.url()}`);
  });
  await guest.context.exposeFunction("pwned", (at) => { findings.push(`string ${at} ran`); });
  await guest.context.exposeFunction("violated", (what) => { findings.push(`stopped by the policy only: ${what}`); });
  await guest.context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => window.violated(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
  });
  return findings;
}

/** What is in the page and is none of ours. */
function look(page) {
  return page.evaluate(() => {
    const found = [];
    for (const one of document.querySelectorAll("*")) {
      if (/hostile|iframe|object|embed|^base$|^style$|^math$|marquee/i.test(one.localName)) found.push(`an element ${one.localName}`);
      if (one.localName === "script" && !new URL(one.src || "about:blank", location.href).pathname.includes("/assets/")) found.push("a script");
      for (const { name, value } of one.attributes) {
        if (/^on|hostile|^style$|^srcdoc$/i.test(name)) found.push(`an attribute ${name} of ${one.localName}`);
        if (["href", "src", "action", "formaction"].includes(name) && !/^(https?:|mailto:|tel:)$/.test(new URL(value, location.href).protocol)) found.push(`${name} leads to ${value}`);
      }
    }
    return found;
  });
}

/** For each name or value: whether letters that are put behind it, in the same line, stand from right to left. */
function turnedBeside() {
  const isLine = (name) => !getComputedStyle(name.parentElement).display.includes("flex");
  const names = [...document.querySelectorAll("main bdi")].filter((name) => /an/i.test(name.textContent) || /\u05e9/.test(name.textContent));
  return names.filter(isLine).map((name) => {
    const after = document.createTextNode(" abc def");
    name.after(after);
    const place = (at) => {
      const range = document.createRange();
      range.setStart(after, at);
      range.setEnd(after, at + 1);
      return range.getBoundingClientRect().left;
    };
    const turned = place(1) > place(3) || place(1) > place(5);
    after.remove();
    return turned;
  });
}

/** A text as somebody reads it: what turns the writing is gone, and so is how lines end. */
function plain(text) {
  return text.replace(/[\u202a-\u202e\u2066-\u2069\0]/g, "").replace(/\s+/g, " ").trim();
}

/** The link of the sandbox signs in at once, or asks once more. */
async function enter(guest) {
  const button = guest.page.locator("main form button, .door-main form button").first();
  if (/\/(login|welcome)/.test(guest.page.url()) && (await button.count())) await button.click();
}
