// The sandbox as a browser test needs it: one process, its API, and Ada's own page.

import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

const READY_MS = 60_000;
const PATIENCE_MS = 20_000;
const LOOK_AGAIN_MS = 50;
const ADA = "+447700900123";
const LISTEN = ["--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0"];

/** Waits until something holds, and gives what it was; a sentence says what was waited for. */
export async function until(ask, sentence) {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    const found = await ask();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain: ${sentence}`);
    await new Promise((go) => setTimeout(go, LOOK_AGAIN_MS));
  }
}

export class House {
  /** The sandbox: `postgres` is the address of a server in which it gets a schema of its own, `around` what stands before the command. */
  static async open(binary, { postgres, around = {} } = {}) {
    const database = postgres ? ["--database", ownSchema(postgres)] : [];
    const ready = await begin(binary, ["sandbox", ...LISTEN, "--json", ...database], around);
    return new House(binary, ready.child, ready.said);
  }

  /** A server as a business starts it, before anybody has signed in; Meta is out of reach. */
  static async serve(binary, { postgres } = {}) {
    const folder = await mkdtemp(join(tmpdir(), "consentry-browser-"));
    const config = join(folder, "consentry.toml");
    const database = postgres ? ownSchema(postgres) : `sqlite:${join(folder, "consentry.db")}`;
    await writeFile(config, `
listen = "127.0.0.1:0"
database = "${database}"
[keys]
master = "${randomBytes(32).toString("hex")}"
[whatsapp]
graph_url = "http://127.0.0.1:9"
app_secrets = ["browser-app-secret"]
verify_token = "browser-verify"
access_token = "browser-token"
[[whatsapp.accounts]]
id = "209900000000001"
numbers = ["109900000000001"]
[log]
level = "error"
`);
    const { child, said } = await begin(binary, ["serve", "--config", config, "--json"], {});
    const house = new House(binary, child, { ...said, gateway: said.listen });
    house.folder = folder;
    return house;
  }

  constructor(binary, child, ready) {
    Object.assign(this, { binary, child, ready, origin: ready.gateway, origins: [ready.gateway, ready.sandbox].filter(Boolean) });
  }

  /** The command itself, beside the running house: what it said. Fails where it fails. */
  async command(...args) {
    return (await promisify(execFile)(this.binary, args)).stdout;
  }

  async close() {
    await new Promise((resolve) => {
      this.child.removeAllListeners("exit");
      this.child.once("exit", resolve);
      this.child.kill("SIGTERM");
    });
    if (this.folder) await rm(this.folder, { recursive: true });
  }

  async api(method, path, body) {
    const answer = await fetch(`${this.origin}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.ready.api_key}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** One topic more than the sandbox has: about orders. */
  async furnish() {
    const translations = { ar: { name: "أخبار التوصيل", description: "أين طردك الآن." } };
    const delivery = await this.api("POST", "/api/v1/topics", { name: "Delivery updates", category: "utility", description: "Where your parcel is.", translations });
    // Nobody told us about this one yet, and it asks for a yes of its own.
    await this.api("PATCH", `/api/v1/topics/${delivery.id}`, { default: "opt_in" });
    const found = await this.api("GET", `/api/v1/contacts?search=${encodeURIComponent(ADA)}`);
    this.ada = found.items[0].id;
  }

  async link() {
    return (await this.api("POST", `/api/v1/contacts/${this.ada}/preference_link`)).url;
  }

  async events() {
    return (await this.api("GET", `/api/v1/contacts/${this.ada}/timeline?limit=500`)).items;
  }

  /** `allow`, or the code of the refusal. */
  async verdict(question) {
    const answer = await this.api("POST", "/api/v1/check", { to: ADA, ...question });
    return answer.code ?? "allow";
  }

  async control(method, path, body) {
    const answer = await fetch(`${this.ready.sandbox}/sandbox/${path}`, {
      method,
      headers: { authorization: `Bearer ${this.ready.control_token}`, ...(body && { "content-type": "application/json" }) },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Ada writes, and we have heard it: her page can send her a code then. */
  async says(text) {
    const before = (await this.events()).length;
    await this.control("POST", "customers/ada/say", { text });
    for (let step = 0; (await this.events()).length === before; step += 1) {
      if (step > 200) throw new Error(`nobody heard Ada say \`${text}\``);
      await new Promise((go) => setTimeout(go, 50));
    }
  }

  /** The code that came into Ada's chat last. */
  async code() {
    for (let step = 0; step < 200; step += 1) {
      const { items } = await this.control("GET", "phones/ada/messages");
      const digits = items.map((bubble) => /[0-9]{6}/.exec(bubble.body ?? "")?.[0]).filter(Boolean);
      if (digits.length) return digits.at(-1);
      await new Promise((go) => setTimeout(go, 50));
    }
    throw new Error("no code came");
  }

  /** The id of whom a number belongs to. */
  async person(number) {
    return (await until(() => this.found(number), `somebody has the number ${number}`)).id;
  }

  async found(number) {
    return (await this.api("GET", `/api/v1/contacts?search=${encodeURIComponent(number)}`)).items[0];
  }

  /** What an app sends through the gate: the status, and what is answered. */
  async send(to, name, { language = "en_GB", gaps = [] } = {}) {
    const parameters = gaps.map((text) => ({ type: "text", text }));
    const template = { name, language: { code: language }, ...(gaps.length && { components: [{ type: "body", parameters }] }) };
    const answer = await fetch(`${this.origin}/v25.0/${this.ready.numbers[0]}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.ready.api_key}`, "content-type": "application/json" },
      body: JSON.stringify({ messaging_product: "whatsapp", to: to.replace("+", ""), type: "template", template }),
    });
    return { status: answer.status, body: await answer.json() };
  }

  /** Everything that the simulated Meta has to tell was told, and is in force. */
  async settle() {
    await until(async () => (await this.control("GET", "idle?timeout_ms=5000")).idle, "Meta has told everything");
  }

  /** Somebody does something on their phone, and we have heard of it. */
  async does(who, action, args = {}) {
    await this.control("POST", `customers/${who}/${action}`, args);
    await this.settle();
  }

  async hears(who, text) {
    await this.does(who, "say", { text });
  }

  /** A message that Meta hands over so many hours after it was written. */
  async hearsLate(number, name, text, hours) {
    const from = number.replace("+", "");
    const sent = Math.floor(Date.now() / 1_000) - hours * 3_600;
    const value = {
      messaging_product: "whatsapp",
      metadata: { display_phone_number: "12025550100", phone_number_id: this.ready.numbers[0] },
      contacts: [{ profile: { name }, wa_id: from }],
      messages: [{ from, id: `wamid.late${from}${sent}`, timestamp: String(sent), type: "text", text: { body: text } }],
    };
    await this.control("POST", "webhooks/emit", { updates: [{ field: "messages", value }] });
    await this.settle();
  }

  /** What came to somebody's phone holds these words. */
  async reaches(who, words) {
    const came = async () => (await this.control("GET", `phones/${who}/messages`)).items.some((one) => JSON.stringify(one).includes(words));
    await until(came, `\`${words}\` comes to the phone of ${who}`);
  }

  async optIn() {
    const evidence = { source: "web_form", wording: "Yes, send me offers." };
    await this.api("POST", "/api/v1/events", { to: ADA, kind: "opt_in", evidence });
  }
}

/** Starts the binary, and gives it with the first line that it says. */
async function begin(binary, args, { before = [], environment = {} }) {
  const [program, ...rest] = [...before, binary, ...args];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, ...environment } });
  const line = await new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`\`${args[0]}\` said nothing`)), READY_MS).unref();
    child.once("exit", (code) => reject(new Error(`\`${args[0]}\` ended with ${code}`)));
    createInterface({ input: child.stdout }).once("line", resolve);
  });
  return { child, said: JSON.parse(line) };
}

/** The address with a schema that nobody else uses; the program makes it. */
function ownSchema(address) {
  const joint = address.includes("?") ? "&" : "?";
  return `${address}${joint}options=-c%20search_path%3Dbrowser_${randomBytes(6).toString("hex")}`;
}
