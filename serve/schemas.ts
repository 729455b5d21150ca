import Type, { type TSchema } from 'typebox';
import { type ErrorCode, errorTable } from '../errors/errors.js';

/** The body of every refusal: ErrorReport, with the codes that may stand in it. */
export function errorReport(codes: readonly ErrorCode[]) {
  return Type.Object({
    code: Type.Unsafe<ErrorCode>(Type.Enum([...codes])),
    message: Type.String({ description: 'One sentence: what went wrong.' }),
    expected: Type.String(),
    received: Type.String(),
  });
}

/** Any route may answer with these. */
const everywhere = ['REQUEST_INVALID', 'SHUTTING_DOWN', 'INTERNAL'] as const satisfies readonly ErrorCode[];

/**
 * Response schemas of a route's refusals, one a status, gathered from the table.
 *
 * @param extra members that the body has beside the report, where the route adds any
 */
export function refusals(
  codes: readonly ErrorCode[],
  extra: Record<string, TSchema> = {},
): Record<string, TSchema> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes, ...everywhere]) {
    const { status } = errorTable[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, group]) => {
      const description = group.map((code) => `${code}: ${errorTable[code].title}`).join('\n\n');
      return [status, Type.Object({ ...errorReport(group).properties, ...extra }, { description })];
    }),
  );
}
