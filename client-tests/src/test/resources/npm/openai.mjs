// What the npm package openai is used for, through a gateway.

import OpenAI, * as sdk from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { joined, key, options, run, stay, thrown, url } from './runner.mjs';

const { model = 'acme/parrot', retries = 2, headers = {}, size = 0 } = options;

// docs: client
let client = new OpenAI({ baseURL: `${url}/api/v1`, apiKey: key });
// end
if (options.unconfigured) client = new OpenAI();
client.maxRetries = retries;

const messages = [{ role: 'user', content: 'Hello'.padEnd(size) }];
const weather = {
  type: 'function',
  function: {
    name: 'weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    parse: JSON.parse,
    function: ({ city }) => `sunny in ${city}`,
  },
};
const City = z.object({ city: z.string(), population: z.number() });

await run({
  async chat() {
    const { choices, usage, _request_id } = await client.chat.completions.create(
      { model, messages },
      { headers },
    );
    return { text: choices[0].message.content, tokens: usage.completion_tokens, requestID: _request_id };
  },

  async stream() {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    return { text: await joined(stream, (chunk) => chunk.choices[0]?.delta.content) };
  },

  async streamHelper() {
    const stream = client.chat.completions.stream({ model, messages });
    const { choices, usage } = await stream.finalChatCompletion();
    return { text: choices[0].message.content, tokens: usage.completion_tokens };
  },

  // The SDK runs the tool and asks again by itself.
  async tools() {
    const runner = client.chat.completions.runTools({ model, messages, tools: [weather] });
    return { text: await runner.finalContent() };
  },

  async streamedTools() {
    const runner = client.chat.completions.runTools({ model, messages, tools: [weather], stream: true });
    return { text: await runner.finalContent() };
  },

  async structured() {
    const { choices } = await client.chat.completions.parse({
      model,
      messages,
      response_format: zodResponseFormat(City, 'city'),
    });
    return choices[0].message.parsed;
  },

  // In base64, unless asked otherwise.
  async embeddings() {
    const { data } = await client.embeddings.create({ model, input: ['one', 'two'] });
    return { vectors: data.map(({ embedding }) => embedding) };
  },

  async floatEmbeddings() {
    const { data } = await client.embeddings.create({ model, input: 'one', encoding_format: 'float' });
    return { vectors: data.map(({ embedding }) => embedding) };
  },

  async response() {
    const response = await client.responses.create({ model, input: 'Hello' });
    return { text: response.output_text, tokens: response.usage.output_tokens };
  },

  async streamedResponse() {
    const stream = await client.responses.create({ model, input: 'Hello', stream: true });
    const text = await joined(stream, (event) =>
      event.type === 'response.output_text.delta' ? event.delta : '',
    );
    return { text };
  },

  async responseStreamHelper() {
    const response = await client.responses.stream({ model, input: 'Hello' }).finalResponse();
    return { text: response.output_text };
  },

  async structuredResponse() {
    const { output_parsed } = await client.responses.parse({
      model,
      input: 'Hello',
      text: { format: zodTextFormat(City, 'city') },
    });
    return output_parsed;
  },

  async completion() {
    const { choices } = await client.completions.create({ model, prompt: 'Hello' });
    return { text: choices[0].text };
  },

  async models() {
    const ids = [];
    for await (const each of client.models.list()) ids.push(each.id);
    return { ids };
  },

  error: () => thrown(sdk, () => client.chat.completions.create({ model, messages }, { headers })),

  unknownRoute: () => thrown(sdk, () => client.models.retrieve('nothing')),

  streamError: () =>
    thrown(sdk, async () => {
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      for await (const chunk of stream) void chunk;
    }),

  async twice() {
    await client.chat.completions.create({ model, messages });
    await client.chat.completions.create({ model, messages });
    return {};
  },

  async abort() {
    const stream = await client.chat.completions.create({ model, messages, stream: true });
    let chunks = 0;
    for await (const chunk of stream) {
      void chunk;
      if (++chunks === 3) stream.controller.abort();
    }
    await stay({ chunks });
    return {};
  },
});
