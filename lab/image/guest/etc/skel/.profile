# of the template
