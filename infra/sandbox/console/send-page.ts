import { html } from "hono/html";
import { type Followed, journey } from "./event-page.ts";
import { layout, notice, type Page } from "./layout.ts";
import type { Html } from "./parts.ts";
import type { SampleEvent } from "./receiver-view.ts";
import { examples, type FieldErrors, type SendForm } from "./send-form.ts";

type Sending = {
  form: SendForm;
  errors: FieldErrors;
  /** What capture said when it did not take the event. */
  refused?: string | undefined;
  token: string;
  samples: SampleEvent[];
  eventNames: string[];
  sent?: Followed | undefined;
  now: number;
};

/** A form that fires an event, and what came of the last one. */
export function sendPage({ form, errors, refused, token, samples, eventNames, sent, now }: Sending): Page {
  const wrong = Object.keys(errors).length;
  const said = refused
    ? notice(refused, "bad")
    : wrong > 0
      ? notice(
          `The event was not sent: ${wrong === 1 ? "one field needs" : `${wrong} fields need`} another look.`,
          "bad",
        )
      : sent
        ? notice(html`Sent <b>${sent.trace.event}</b>. <a href="/events/${sent.uuid}">See it in full</a>.`)
        : "";
  const field = (key: keyof SendForm, label: string, hint: string, control: (attributes: Html) => Html) => {
    const error = errors[key];
    const attributes = html`id="${key}" name="${key}" aria-describedby="${key}-hint${error ? ` ${key}-error` : ""}"${error ? html` aria-invalid="true"` : ""} autocomplete="off" spellcheck="false"`;
    return html`<div class="field"><label for="${key}">${label}</label><p class="hint" id="${key}-hint">${hint}</p>${error ? html`<p class="error" id="${key}-error">${error}</p>` : ""}${control(attributes)}</div>`;
  };
  const area = (key: "properties" | "person" | "groups", label: string, hint: string) =>
    field(
      key,
      label,
      hint,
      (
        attributes,
      ) => html`<textarea ${attributes} rows="${Math.min(10, Math.max(3, form[key].split("\n").length))}">
${form[key]}</textarea>`,
    );
  const content = html`<h1>Send an event</h1>
${said}
<div class="columns">
<form method="post" action="/send" class="send" novalidate>
<input type="hidden" name="token" value="${token}">
${field("event", "Event", "Its name, as your application sends it.", (attributes) => html`<input ${attributes} value="${form.event}" list="event-names" required>`)}
<datalist id="event-names">${eventNames.map((name) => html`<option value="${name}"></option>`)}</datalist>
${field("distinctId", "Distinct id", "Whose event it is.", (attributes) => html`<input ${attributes} value="${form.distinctId}" required>`)}
${area("properties", "Properties", `JSON, e.g. ${examples.properties}.`)}
${area("person", "Person properties", `JSON, e.g. ${examples.person}; set on the person with this event ($set).`)}
${area("groups", "Groups", `JSON, e.g. ${examples.groups}, or with properties {"company": {"id": "acme", "properties": {"tier": "enterprise"}}}.`)}
<button type="submit" class="primary">Send event</button>
</form>
<div>
${sent ? html`<div id="result" data-live>${journey(sent, now)}</div>` : ""}
${samples.length === 0 ? "" : sampleList(samples)}
</div>
</div>`;
  return layout("Send an event", "/send", content);
}

function sampleList(samples: SampleEvent[]): Html {
  const items = samples.map(
    ({ name, event }, index) =>
      html`<li><a href="/send?sample=${index}">${name}</a><span class="sub mono">${event}</span></li>`,
  );
  return html`<section aria-labelledby="samples"><h2 id="samples">Samples of this project</h2><p class="soft">Each fills in the form.</p><ul class="samples">${items}</ul></section>`;
}
