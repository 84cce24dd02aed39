"""Why an alert or an incident pages nobody for a time: maintenance windows."""
