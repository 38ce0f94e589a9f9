"""Makes the domain of the tests in a folder. The paths in Samba's libraries are those of servers/install.sh, below the working directory."""
import os
import sys

import samba.provision
from samba.auth import system_session
from samba.netcmd.main import cmd_sambatool
from samba.param import LoadParm
from samba.samdb import SamDB

folder, realm, domain, root_password, services, superuser, superuser_password, expired, expired_password = sys.argv[1:]

# The shares of a domain need rights that only root has, and a directory has no use for them.
samba.provision.setsysvolacl = lambda *args, **options: None


def tool(*args):
    if cmd_sambatool()._run('samba-tool', *args):
        sys.exit(f'samba-tool {args[0]} {args[1]} failed')


tool('domain', 'provision', f'--realm={realm}', f'--domain={domain}', f'--adminpass={root_password}', '--server-role=dc', '--dns-backend=NONE',
     f'--targetdir={folder}', '--host-name=localhost', '--host-ip=127.0.0.1', '--option=interfaces=lo', '--option=bind interfaces only=yes')

params = LoadParm()
params.load(os.path.join(folder, 'etc/smb.conf'))
url = os.path.join(folder, 'private/sam.ldb')
directory = SamDB(url=url, session_info=system_session(), lp=params)
directory.add({'dn': services, 'objectClass': 'organizationalUnit'})
directory.newuser(superuser, superuser_password)
sid = directory.search(expression=f'(sAMAccountName={superuser})', attrs=['objectSid'])[0]['objectSid'][0]
sid = directory.schema_format_value('objectSid', sid).decode()
# The right Reset Password on users: https://learn.microsoft.com/en-us/windows/win32/adschema/r-user-force-change-password
tool('dsacl', 'set', f'--configfile={folder}/etc/smb.conf', f'--URL={url}', '--action=allow', f'--objectdn={services}',
     f'--sddl=(OA;CIIO;CR;00299570-246d-11d0-a768-00aa006e0529;bf967aba-0de6-11d0-a285-00aa003049e2;{sid})')
# Nobody can set this date over LDAP: DSDB_CONTROL_PASSWORD_BYPASS_LAST_SET_OID of Samba.
directory.newuser(expired, expired_password, userou=services.split(',')[0])
last_set = f'dn: CN={expired},{services}\nchangetype: modify\nreplace: pwdLastSet\npwdLastSet: 132000000000000000\n'
directory.modify_ldif(last_set, controls=['local_oid:1.3.6.1.4.1.7165.4.3.20:0'])
# A change is allowed at once. Tests set other policies themselves.
directory.set_minPwdAge('0')
