import { destination, input, off, onEvents, personEmail, required } from "./define.ts";

const fullName = "f'{person.properties.first_name} {person.properties.last_name}'";

export const intercom = destination({
  id: "template-intercom",
  name: "Intercom",
  description: "Creates or updates a contact in Intercom",
  category: ["Customer Success"],
  filters: onEvents("$identify", "$set"),
  code: `
if (empty(inputs.email)) {
  print('No email: nothing was sent')
  return
}

let hosts := {'US': 'api.intercom.io', 'Europe': 'api.eu.intercom.io', 'AU': 'api.au.intercom.io'}
let contacts := f'https://{hosts[inputs.oauth['app.region']]}/contacts'
let headers := {
  'Authorization': f'Bearer {inputs.oauth.access_token}',
  'Content-Type': 'application/json',
  'Accept': 'application/json',
  'Intercom-Version': '2.11'
}

let found := fetch(f'{contacts}/search', {
  'method': 'POST',
  'headers': headers,
  'body': {'query': {'field': 'email', 'operator': '=', 'value': inputs.email}}
})
if (found.status >= 400) {
  throw Error(f'Intercom did not search: {found.status}: {found.body}')
}
if (found.body.total_count > 1) {
  throw Error('Intercom has more than one contact with this email')
}

let contact := {'email': inputs.email, 'custom_attributes': {}}
if (inputs.include_all_properties) {
  for (let key, value in person.properties) {
    if (not empty(value) and not key like '$%') {
      contact[key] := value
    }
  }
}
for (let key, value in inputs.properties) {
  if (not empty(value)) {
    contact[key] := value
  }
}
for (let key, value in inputs.customProperties) {
  if (not empty(value)) {
    contact.custom_attributes[key] := value
  }
}

let isKnown := found.body.total_count == 1
let response := fetch(isKnown ? f'{contacts}/{found.body.data.1.id}' : contacts, {
  'method': isKnown ? 'PUT' : 'POST',
  'headers': headers,
  'body': contact
})
if (response.status >= 400) {
  throw Error(f'Intercom did not take the contact: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("oauth", "integration", "Intercom account", { ...required, integration: "intercom" }),
    input("email", "string", "Email", personEmail),
    input("include_all_properties", "boolean", "All properties of the person", off),
    input("properties", "dictionary", "Properties", {
      default: {
        name: `{${fullName} == ' ' ? null : ${fullName}}`,
        phone: "{person.properties.phone}",
        last_seen_at: "{toUnixTimestamp(event.timestamp)}",
      },
    }),
    input("customProperties", "dictionary", "Custom properties", { default: {} }),
  ],
});
