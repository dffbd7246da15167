// What the npm package @anthropic-ai/sdk is used for, through a gateway.

import { joined, key, options, run, stay, thrown, url } from './runner.mjs';

const { model = 'acme/parrot', version = '@anthropic-ai/sdk', by = 'apiKey' } = options;
const { retries = 2, headers = {}, size = 0 } = options;
const sdk = await import(version);
const Anthropic = sdk.default;

// docs: client
let client = new Anthropic({ baseURL: `${url}/api`, apiKey: key });
// end
if (options.unconfigured) client = new Anthropic();
if (by === 'authToken') client = new Anthropic({ baseURL: `${url}/api`, authToken: key });
client.maxRetries = retries;

const request = { model, max_tokens: 100, messages: [{ role: 'user', content: 'Hello'.padEnd(size) }] };

const weather = {
  name: 'weather',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

/** Asks, does what the tool does, and tells the result. */
async function useTool(ask) {
  const { content, stop_reason } = await ask({ ...request, tools: [weather] });
  const call = content.find(({ type }) => type === 'tool_use');
  const result = { type: 'tool_result', tool_use_id: call.id, content: `sunny in ${call.input.city}` };
  const answer = await ask({
    ...request,
    tools: [weather],
    messages: [
      ...request.messages,
      { role: 'assistant', content },
      { role: 'user', content: [result] },
    ],
  });
  return { text: answer.content[0].text, reason: stop_reason };
}

await run({
  async create() {
    const { content, usage } = await client.messages.create(request);
    return { text: content[0].text, tokens: usage.output_tokens };
  },

  async stream() {
    const message = await client.messages.stream(request).finalMessage();
    return { text: message.content[0].text, tokens: message.usage.output_tokens };
  },

  async rawStream() {
    const stream = await client.messages.create({ ...request, stream: true });
    return { text: await joined(stream, (event) => event.delta?.text) };
  },

  tools: () => useTool((params) => client.messages.create(params)),

  streamedTools: () => useTool((params) => client.messages.stream(params).finalMessage()),

  error: () => thrown(sdk, () => client.messages.create(request, { headers })),

  countTokens: () =>
    thrown(sdk, () => client.messages.countTokens({ model, messages: request.messages })),

  streamError: () => thrown(sdk, () => client.messages.stream(request).finalMessage()),

  async abort() {
    const stream = client.messages.stream(request);
    let events = 0;
    for await (const event of stream) {
      void event;
      if (++events === 3) break;
    }
    await stay({ events });
    return {};
  },
});
