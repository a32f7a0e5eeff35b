// The conditions of a target, as `kubectl describe` shows them.
import type { ConditionView } from '../api-types.ts';
import { timeText } from './format.ts';

export function Conditions({
  conditions,
  nowMs,
}: {
  readonly conditions: readonly ConditionView[];
  readonly nowMs: number;
}) {
  return (
    <section class="conditions" aria-label="Conditions">
      <div class="panel-head">
        <h2>Conditions</h2>
      </div>
      {conditions.length === 0 ? (
        <p class="none">There are none yet: they come with the first decision.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Condition</th>
              <th scope="col">Status</th>
              <th scope="col">Reason</th>
              <th scope="col">Since</th>
              <th scope="col">Message</th>
            </tr>
          </thead>
          <tbody>
            {conditions.map(({ type, status, reason, message, lastTransitionTime }) => (
              <tr key={type}>
                <th scope="row">{type}</th>
                <td>{status}</td>
                <td>{reason}</td>
                <td class="number">{timeText(lastTransitionTime, nowMs)}</td>
                <td>
                  <bdi>{message}</bdi>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
