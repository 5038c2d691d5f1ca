/** For tests: a schema that forbids every key that it does not describe. */
export function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, closed(value)] as const);
  const object = Object.fromEntries(entries);
  return object.type === 'object' ? { ...object, additionalProperties: false } : object;
}
