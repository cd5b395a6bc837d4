"""The commands of ``spillover``: each parses, delegates, prints."""
