"""The recommendation for stakeholders: page, Markdown, terminal."""
