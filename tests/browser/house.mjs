// The sandbox as a browser test needs it: one process, its API, and Ada's own page.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const READY_MS = 60_000;
const ADA = "+447700900123";

export class House {
  static async open(binary) {
    const child = spawn(binary, ["sandbox", "--listen", "127.0.0.1:0", "--sandbox-listen", "127.0.0.1:0", "--json"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const line = await new Promise((resolve, reject) => {
      setTimeout(() => reject(new Error("the sandbox said nothing")), READY_MS).unref();
      child.once("exit", (code) => reject(new Error(`the sandbox ended with ${code}`)));
      createInterface({ input: child.stdout }).once("line", resolve);
    });
    return new House(child, JSON.parse(line));
  }

  constructor(child, ready) {
    Object.assign(this, { child, ready, origin: ready.gateway, origins: [ready.gateway, ready.sandbox] });
  }

  close() {
    return new Promise((resolve) => {
      this.child.removeAllListeners("exit");
      this.child.once("exit", resolve);
      this.child.kill("SIGTERM");
    });
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

  async optIn() {
    const evidence = { source: "web_form", wording: "Yes, send me offers." };
    await this.api("POST", "/api/v1/events", { to: ADA, kind: "opt_in", evidence });
  }
}
