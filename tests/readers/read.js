// Reads a JSON list of calendars from stdin with ical.js, and prints what it found in each, as JSON.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const value = (component, name) => component.getFirstPropertyValue(name);

function event(component) {
  const read = new ICAL.Event(component);
  return {
    uid: read.uid,
    start: read.startDate.toJSDate().toISOString(),
    end: read.endDate.toJSDate().toISOString(),
    summary: read.summary,
    description: read.description,
    categories: component.getFirstProperty("categories").getValues(),
    url: value(component, "url"),
    status: value(component, "status"),
    transp: value(component, "transp"),
    sequence: read.sequence,
    changed: value(component, "last-modified").toJSDate().toISOString(),
    alarms: component.getAllSubcomponents("valarm").map((alarm) => value(alarm, "trigger").toSeconds()),
  };
}

function calendar(text) {
  const component = new ICAL.Component(ICAL.parse(text));
  return {
    description: value(component, "description"),
    events: component.getAllSubcomponents("vevent").map(event),
  };
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(calendar)));
