import { destination, input, onEvents, personEmail, required } from "./define.ts";

const properties = ["firstname", "lastname", "company", "phone", "website"];

export const hubspot = destination({
  id: "template-hubspot",
  name: "Hubspot",
  description: "Creates or updates a contact in HubSpot",
  category: ["CRM", "Customer Success"],
  filters: onEvents("$identify"),
  code: `
if (empty(inputs.email)) {
  print('No email: nothing was sent')
  return
}

let properties := {'email': inputs.email}
for (let key, value in inputs.properties) {
  properties[key] := typeof(value) in ('object', 'array', 'tuple') ? jsonStringify(value) : value
}

let response := fetch('https://api.hubapi.com/crm/v3/objects/contacts/batch/upsert', {
  'method': 'POST',
  'headers': {
    'Authorization': f'Bearer {inputs.oauth.access_token}',
    'Content-Type': 'application/json'
  },
  'body': {'inputs': [{'properties': properties, 'id': properties.email, 'idProperty': 'email'}]}
})

if (response.status != 200) {
  throw Error(f'HubSpot did not take the contact: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("oauth", "integration", "HubSpot account", {
      ...required,
      integration: "hubspot",
      requiredScopes: "crm.objects.contacts.write crm.objects.contacts.read",
    }),
    input("email", "string", "Email", personEmail),
    input("properties", "dictionary", "Properties", {
      ...required,
      default: Object.fromEntries(properties.map((name) => [name, `{person.properties.${name}}`])),
    }),
  ],
});
