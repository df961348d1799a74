/** The field of an act that gives an item to somebody. */
interface AssigneeProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export const Assignee = ({ value, onChange }: AssigneeProps) => (
  <label>
    To whom
    <input value={value} onInput={(event) => onChange(event.currentTarget.value)} />
    <span class="soft">Left empty: nobody works it any more.</span>
  </label>
);
