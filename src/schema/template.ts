/** True for the text of a string that another program fills in. */
export function isTemplate(value: string): boolean {
  return /\{\{.*\}\}|\$\{.*\}|<%.*%>|\{%.*%\}/.test(value)
}
