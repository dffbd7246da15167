package dev.tollgate.gateway.meter;

/** What a top-level member of a request body means for the cost of the request. */
enum MemberKind {
  /** Costs no more than its bytes. The names of the members inside do not matter. */
  PLAIN,
  /** Like {@link #PLAIN}, but must be a number. */
  NUMBER,
  /** A name of the user; costs nothing beyond its bytes. */
  USER,
  /** Metadata that may name the user; costs nothing beyond its bytes. */
  METADATA,
  /** The name of a model. */
  MODEL,
  /** A list of models, by name or as objects with a {@code model}. */
  MODELS,
  /** A limit on the tokens of an answer. */
  BOUND,
  /** An object with a limit on the thinking tokens. */
  THINKING,
  /** The number of answers. */
  ANSWERS,
  /** Whether the client wants an event stream. */
  STREAM,
  /** Messages. */
  MESSAGES,
  /** A text or a list of parts. */
  CONTENT,
  /** A text or a list of items of one conversation. */
  ITEMS,
  /** A text, or a list of separate inputs. */
  INPUTS,
  /** A text, or a list of prompts that are answered separately. */
  PROMPTS,
  /** Tools. */
  TOOLS,
  /** Functions in the older form before tools. They run on the client. */
  FUNCTIONS,
  /** OpenRouter's plugins. */
  PLUGINS,
  /** The forms of the answer, such as text or audio. */
  MODALITIES,
  /** The tier that serves the request. */
  TIER,
  /** The providers that may serve the request. */
  PROVIDER,
  /** How the upstream shortens the context. */
  EDITS,
  /** Parameters stored at the upstream, possibly including a model. */
  PRESET,
  /** Uses tools, prices or state of the upstream; null, false and [] use none. */
  REMOTE,
  /** Starts work that continues after the request. */
  BACKGROUND
}
