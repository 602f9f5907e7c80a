/** The elements of blocks as one new array. */
export function concatBlocks(blocks: readonly (readonly unknown[])[]): unknown[] {
  const [first = [], ...others] = blocks;
  const items = [...first];
  for (const block of others) for (let i = 0; i < block.length; i++) items.push(block[i]);
  return items;
}
