/** Sound that cannot be used; the message is a sentence for whoever sent it. */
export class AudioError extends Error {
  override readonly name = 'AudioError';
}
