import { choices, destination, input, off, onEvents, personEmail, required, secret } from "./define.ts";

export const customerio = destination({
  id: "template-customerio",
  name: "Customer.io",
  description: "Identifies customers in Customer.io and tracks their events",
  category: ["Email Marketing"],
  filters: onEvents("$identify", "$pageview"),
  code: `
if (empty(inputs.identifier_value) or empty(inputs.identifier_key)) {
  print('No identifier: nothing was sent')
  return
}

let action := inputs.action
let name := event.event
if (action == 'automatic') {
  if (event.event in ('$identify', '$set')) {
    action := 'identify'
    name := null
  } else if (event.event == '$pageview') {
    action := 'page'
    name := event.properties.$current_url
  } else if (event.event == '$screen') {
    action := 'screen'
    name := event.properties.$screen_name
  } else {
    action := 'event'
  }
}

let attributes := {}
if (inputs.include_all_properties) {
  attributes := action == 'identify' ? person.properties : event.properties
  if (action != 'identify' and not empty(event.elements_chain)) {
    attributes['$elements_chain'] := event.elements_chain
  }
}
for (let key, value in inputs.attributes) {
  attributes[key] := value
}
for (let key, value in attributes) {
  if (typeof(value) == 'string') {
    if (length(value) > 1000) { attributes[key] := substring(value, 1, 1000) }
  }
}

let response := fetch(f'https://{inputs.host}/api/v2/entity', {
  'method': 'POST',
  'headers': {
    'User-Agent': 'PostHog Customer.io App',
    'Authorization': f'Basic {base64Encode(f'{inputs.site_id}:{inputs.token}')}',
    'Content-Type': 'application/json'
  },
  'body': {
    'type': 'person',
    'action': action,
    'name': name,
    'identifiers': {inputs.identifier_key: inputs.identifier_value},
    'attributes': attributes,
    'timestamp': toInt(toUnixTimestamp(toDateTime(event.timestamp)))
  }
})
if (response.status >= 400) {
  throw Error(f'Customer.io did not take it: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("site_id", "string", "Site ID", required),
    input("token", "string", "API key", secret),
    input("host", "choice", "Region", {
      ...required,
      ...choices("track.customer.io", "track-eu.customer.io"),
      default: "track.customer.io",
    }),
    input("identifier_key", "choice", "Kind of identifier", {
      ...required,
      ...choices("email", "id", "cio_id"),
      default: "email",
    }),
    input("identifier_value", "string", "Identifier", personEmail),
    input("action", "choice", "Action", {
      ...required,
      ...choices("automatic", "identify", "event", "page", "screen", "delete"),
      default: "automatic",
    }),
    input("include_all_properties", "boolean", "All properties", off),
    input("attributes", "dictionary", "Attributes", {
      default: {
        email: "{person.properties.email}",
        lastname: "{person.properties.lastname}",
        firstname: "{person.properties.firstname}",
      },
    }),
  ],
});
