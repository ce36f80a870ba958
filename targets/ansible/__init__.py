"""The deployment as an Ansible playbook."""
