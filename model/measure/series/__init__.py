"""Series by bloc, observed each month: a file a subject declares its series and observes them."""
