package dev.tollgate.gateway.meter;

/** What a top-level member of a request's body means for the cost of the request. */
enum MemberKind {
  /** Costs no more than its bytes. Nothing inside counts by its name. */
  PLAIN,
  /** As {@link #PLAIN}, but it must be a number. */
  NUMBER,
  /** The name of a model. */
  MODEL,
  /** A list of models, by name or as objects with a {@code model}. */
  MODELS,
  /** Bounds how many tokens an answer has. */
  BOUND,
  /** An object with a bound on the tokens that the model thinks with. */
  THINKING,
  /** How many answers are wanted. */
  ANSWERS,
  /** Whether an event stream is wanted. */
  STREAM,
  /** Messages. */
  MESSAGES,
  /** A text or a list of parts. */
  CONTENT,
  /** A text or a list of items of one conversation. */
  ITEMS,
  /** A text or a list of inputs, each on its own. */
  INPUTS,
  /** A text or a list of prompts, each answered separately. */
  PROMPTS,
  /** Tools. */
  TOOLS,
  /** Functions in the form that came before tools. They run on the client. */
  FUNCTIONS,
  /** OpenRouter's plugins. */
  PLUGINS,
  /** In what form the model answers. */
  MODALITIES,
  /** Which tier serves the request. */
  TIER,
  /** Which providers may serve the request. */
  PROVIDER,
  /** How the upstream shortens the context. */
  EDITS,
  /** Parameters kept at the upstream, a model possibly among them. */
  PRESET,
  /** Brings in tools, prices or state of the upstream's own; null, false and [] bring in none. */
  REMOTE,
  /** Starts work that outlives the request. */
  BACKGROUND
}
