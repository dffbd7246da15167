// What the npm package @openrouter/sdk is asked about keys, credits and usage, through a gateway.

import { OpenRouter } from '@openrouter/sdk';
import { OpenRouterError } from '@openrouter/sdk/models/errors';
import { key, options, run, url } from './runner.mjs';

const client = new OpenRouter({ serverURL: `${url}/api/v1`, apiKey: key });

/** The status and the body of what a call threw. */
async function refusal(call) {
  try {
    await call();
  } catch (error) {
    if (!(error instanceof OpenRouterError)) throw error;
    return { status: error.statusCode, ...JSON.parse(error.body).error };
  }
  throw new Error('nothing was thrown');
}

await run({
  key: async () => (await client.apiKeys.getCurrentKeyMetadata()).data,

  credits: async () => (await client.credits.getCredits()).data,

  activity: async () => (await client.analytics.getUserActivity({ date: options.date })).data,

  completedDays: async () => (await client.analytics.getUserActivity()).data,

  listKeys: async () => (await client.apiKeys.list({ includeDisabled: true, offset: 0 })).data,

  createKey: async () => {
    const { data, key: secret } = await client.apiKeys.create({
      requestBody: {
        name: 'laptop',
        limit: 20,
        limitReset: 'monthly',
        expiresAt: new Date('2099-12-31T23:59:59Z'),
        includeByokInLimit: false,
      },
    });
    return { ...data, expiresIn: data.expiresAt.getUTCFullYear(), secret };
  },

  getKey: async () => (await client.apiKeys.get({ hash: options.hash })).data,

  updateKey: async () =>
    (
      await client.apiKeys.update({
        hash: options.hash,
        requestBody: { name: 'desktop', disabled: true, limit: 2.5, limitReset: null },
      })
    ).data,

  deleteKey: async () => client.apiKeys.delete({ hash: options.hash }),

  unknownKey: async () => refusal(() => client.apiKeys.get({ hash: 'none' })),

  listRefused: async () => refusal(() => client.apiKeys.list()),

  emptyName: async () => refusal(() => client.apiKeys.create({ requestBody: { name: '' } })),
});
