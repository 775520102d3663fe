/** Something like speech: syllables of changing pitch and level with short pauses, never the same twice. */
export function babble(ms: number, seed = 1): Int16Array {
  const pcm = new Int16Array(ms * 8);
  let state = seed;
  const chance = (): number => (state = (state * 16807) % 2147483647) / 2147483647;
  for (let at = 0; at < pcm.length;) {
    const length = Math.round((80 + 200 * chance()) * 8);
    const [pitch, level] = [90 + 150 * chance(), 3000 + 6000 * chance()];
    const formants = [300 + 500 * chance(), 900 + 1200 * chance()];
    for (let n = 0; n < length && at + n < pcm.length; n++) {
      const glide = 1 + (0.2 * n) / length;
      const shape = Math.sin((Math.PI * n) / length);
      const voice = [pitch * glide, ...formants].map((hz, i) => Math.sin((2 * Math.PI * hz * n) / 8000) / (i + 1));
      pcm[at + n] = level * shape * (voice.reduce((sum, value) => sum + value, 0) / 2 + 0.2 * (chance() - 0.5));
    }
    at += length + Math.round(60 * chance() * 8);
  }
  return pcm;
}
