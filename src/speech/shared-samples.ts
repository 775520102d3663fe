/** A copy in memory that threads can share without copying again. */
export function shared(pcm: Int16Array): Int16Array {
  const copy = new Int16Array(new SharedArrayBuffer(pcm.byteLength));
  copy.set(pcm);
  return copy;
}
