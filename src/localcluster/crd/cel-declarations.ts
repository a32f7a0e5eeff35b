// Checks the rules a CRD declares when it is stored: each must compile, and give a bool (messages: a string).

import { asArray, asObject, asString, type JsonObject } from '../json-values.ts';
import { invalidValue, requiredValue, type StatusCause } from '../status.ts';
import { celType } from './cel-environment.ts';

export function celDeclarationCauses(schema: JsonObject, path: string): StatusCause[] {
  return asArray(schema['x-kubernetes-validations']).flatMap((given, index) => {
    const rule = asObject(given);
    const at = `${path}.x-kubernetes-validations[${index}]`;
    if (asString(rule.rule).trim() === '') return [requiredValue(`${at}.rule`, 'rule is not specified')];
    const message = asString(rule.messageExpression);
    return [
      ...expressionCauses(asString(rule.rule), 'bool', `${at}.rule`),
      ...(message === '' ? [] : expressionCauses(message, 'string', `${at}.messageExpression`)),
    ];
  });
}

function expressionCauses(expression: string, wanted: string, path: string): StatusCause[] {
  try {
    const type = celType(expression);
    if (type === wanted || type === 'dyn') return [];
    return [invalidValue(path, expression, `compilation failed: the expression must give a ${wanted}, not a ${type}`)];
  } catch (error) {
    return [invalidValue(path, expression, `compilation failed: ${(error as Error).message}`)];
  }
}
