/** Again and again until fewer than `full` are left. Gives how many there were. */
export async function inBatches(full: number, some: () => Promise<bigint | undefined>): Promise<number> {
  for (let all = 0; ;) {
    const count = Number((await some()) ?? 0n);
    all += count;
    if (count < full) return all;
  }
}
