import { type DescField, type DescMessage, type MessageInitShape, ScalarType } from '@bufbuild/protobuf';

/**
 * A message in protobuf's text format, as people write it: the fields that are given, defaults too, in the order in
 * which they are given. (@bufbuild/protobuf has the binary and the JSON form only.)
 *
 * https://protobuf.dev/reference/protobuf/textformat-spec/
 */
export function textFormat<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>): string {
  return `${messageLines(schema, message).join('\n')}\n`;
}

function messageLines(schema: DescMessage, message: object): string[] {
  return Object.entries(message).flatMap(([name, value]) => {
    const isOneof = schema.oneofs.some(({ localName }) => localName === name);
    if (!isOneof) return fieldLines(fieldOf(schema, name), value);
    const { case: chosen, value: choice } = value as { case: string; value: unknown };
    return fieldLines(fieldOf(schema, chosen), choice);
  });
}

function fieldOf(schema: DescMessage, localName: string): DescField {
  const field = schema.field[localName];
  if (field === undefined) throw new TypeError(`${schema.typeName} has no field ${localName}`);
  return field;
}

function fieldLines(field: DescField, value: unknown): string[] {
  const { name, message } = field;
  if (field.fieldKind === 'map') {
    return Object.entries(value as object).flatMap(([key, entry]) =>
      block(name, [
        `key: ${field.mapKey === ScalarType.STRING ? JSON.stringify(key) : key}`,
        ...(message ? block('value', messageLines(message, entry)) : [`value: ${literal(field, entry)}`]),
      ]),
    );
  }
  const values = field.fieldKind === 'list' ? (value as unknown[]) : [value];
  if (message) return values.flatMap((one) => block(name, messageLines(message, one as object)));
  const literals = values.map((one) => literal(field, one)).join(', ');
  return [field.fieldKind === 'list' ? `${name}: [${literals}]` : `${name}: ${literals}`];
}

function block(name: string, lines: readonly string[]): string[] {
  return [`${name} {`, ...lines.map((line) => `  ${line}`), '}'];
}

/** The escapes of JSON are among those of the text format. */
function literal(field: DescField, value: unknown): string {
  if (field.enum) return field.enum.value[value as number]!.name;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
