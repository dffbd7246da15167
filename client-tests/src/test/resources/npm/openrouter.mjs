// What the npm package @openrouter/sdk is asked about a key and its credits, through a gateway.

import { OpenRouter } from '@openrouter/sdk';
import { key, run, url } from './runner.mjs';

const client = new OpenRouter({ serverURL: `${url}/api/v1`, apiKey: key });

await run({
  key: async () => (await client.apiKeys.getCurrentKeyMetadata()).data,

  credits: async () => (await client.credits.getCredits()).data,
});
