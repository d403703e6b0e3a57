"""Who may do what: keys with their scopes, owners and limits."""
