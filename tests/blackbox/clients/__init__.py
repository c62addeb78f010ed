"""Other people's clients behind one face: `text` and `template` return `{"id"}` or `{"error"}` as the client itself said it."""

import json
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


class Pywa:
    """pywa sets Meta's address on the httpx client that it is handed, so it is set again once pywa has been made."""

    name = "pywa"

    def __init__(self, _tools, gateway, key, number):
        import httpx
        import pywa

        session = httpx.Client(timeout=30)
        self.client = pywa.WhatsApp(phone_id=number, token=key, session=session)
        session.base_url = gateway + session.base_url.path

    def text(self, to, body):
        return self._outcome(lambda: self.client.send_message(to=to, text=body))

    def template(self, to, name, *parameters):
        from pywa.types.templates import BodyText, TemplateLanguage

        params = [BodyText.params(*parameters)] if parameters else None
        return self._outcome(lambda: self.client.send_template(to, name, TemplateLanguage.ENGLISH_US, params))

    def _outcome(self, send):
        from pywa.errors import WhatsAppError

        try:
            return {"id": send().id}
        except WhatsAppError as error:
            said = {"kind": type(error).__name__, "status": error.status_code, "code": error.code}
            return {"error": {**said, "trace": error.fbtrace_id, "details": error.details}}

    def close(self):
        """Nothing runs on."""


class Script:
    """A client in JavaScript, in a process of its own."""

    file = None

    def __init__(self, tools, gateway, key, number):
        command = [tools.node, str(HERE / self.file), tools.modules, gateway, key, number]
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def text(self, to, body):
        return self._ask(op="text", to=to, body=body)

    def template(self, to, name, *parameters):
        return self._ask(op="template", to=to, name=name, parameters=parameters)

    def _ask(self, **command):
        self.child.stdin.write(json.dumps(command) + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        answer = json.loads(line) if line else {"broken": f"node ended with {self.child.wait()}"}
        if "broken" in answer:
            raise AssertionError(f"{self.name} itself failed at {command}:\n{answer['broken']}")
        return answer

    def close(self):
        self.child.stdin.close()
        self.child.wait(10)
        self.child.stdout.close()


class Kapso(Script):
    name, file = "@kapso/whatsapp-cloud-api", "kapso.mjs"


class WhatsappApiJs(Script):
    name, file = "whatsapp-api-js", "whatsapp_api_js.mjs"


# Each client with the kind of error in which it reports that a person stopped marketing.
IN_PYTHON = {Pywa: "UserStoppedMarketingMessages"}
IN_JAVASCRIPT = {Kapso: "GraphApiError", WhatsappApiJs: "OAuthException"}
