/**
 * The policy of generated passwords. It applies to the first value of a secret and to every later one.
 *
 * The properties are those of `SecretStringGenerator` in `aws-cdk-lib/aws-secretsmanager`, and of Secrets Manager's
 * `GetRandomPassword`.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
 */
export interface PasswordPolicy {
  /**
   * The number of characters, from 1 to 4096.
   *
   * @default 32
   */
  readonly passwordLength?: number;

  /**
   * Characters that the password never has, at most 4096 of them.
   *
   * Exclude the characters that its readers or its target don't accept.
   *
   * @default - no characters
   */
  readonly excludeCharacters?: string;

  /**
   * Whether to leave out lowercase letters.
   *
   * @default false
   */
  readonly excludeLowercase?: boolean;

  /**
   * Whether to leave out uppercase letters.
   *
   * @default false
   */
  readonly excludeUppercase?: boolean;

  /**
   * Whether to leave out digits.
   *
   * @default false
   */
  readonly excludeNumbers?: boolean;

  /**
   * Whether to leave out punctuation.
   *
   * The characters are ``! " # $ % & ' ( ) * + , - . / : ; < = > ? @ [ \ ] ^ _ ` { | } ~``.
   *
   * @default false
   */
  readonly excludePunctuation?: boolean;

  /**
   * Whether the password may have spaces.
   *
   * @default false
   */
  readonly includeSpace?: boolean;

  /**
   * Whether the password has at least one character of each type that isn't excluded.
   *
   * @default true
   */
  readonly requireEachIncludedType?: boolean;
}
