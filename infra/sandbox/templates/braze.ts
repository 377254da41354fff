import { choices, destination, input, required, secret } from "./define.ts";

const endpoints = [
  ...["01", "02", "03", "04", "05", "06", "07", "08", "10"].map((us) => `https://rest.iad-${us}.braze.com`),
  ...["https://rest.fra-01.braze.eu", "https://rest.fra-02.braze.eu", "https://rest.au-01.braze.com"],
];

export const braze = destination({
  id: "template-braze",
  name: "Braze",
  description: "Sends events and attributes to Braze",
  category: ["Customer Success"],
  status: "beta",
  code: `
let response := fetch(f'{inputs.brazeEndpoint}/users/track', {
  'method': 'POST',
  'headers': {'Authorization': f'Bearer {inputs.apiKey}', 'Content-Type': 'application/json'},
  'body': {'attributes': [inputs.attributes], 'events': [inputs.event]}
})
if (response.status < 200 or response.status >= 300) {
  throw Error(f'Braze did not take the event: {response.status}: {response.body}')
}`,
  inputs_schema: [
    input("brazeEndpoint", "choice", "REST endpoint", { ...required, ...choices(...endpoints), default: "" }),
    input("apiKey", "string", "API key", { ...secret, default: "" }),
    input("attributes", "json", "Attributes", {
      ...required,
      default: { email: "{person.properties.email}" },
    }),
    input("event", "json", "Event", {
      ...required,
      default: {
        properties: "{event.properties}",
        external_id: "{event.distinct_id}",
        name: "{event.event}",
        time: "{event.timestamp}",
      },
    }),
  ],
});
