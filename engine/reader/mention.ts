const MENTION = /LSTM|GRU|RNN|SRU|_rnn\b|\b(?:rnn|lstm|gru)(?:Cell)?\b/;

/** Whether a text may hold a recurrent model: a search for words, before anything is parsed. */
export function mentionsRecurrence(text: string): boolean {
  return MENTION.test(text);
}
